#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/validate.hpp"

namespace ropeway::config {

/// Which places of a configuration have mistakes, so that the rest of it can still be tried.
class Faults {
 public:
  Faults() = default;
  explicit Faults(const std::vector<ValueMistake>& mistakes);

  /// Whether there is one at `pointer` itself.
  [[nodiscard]] bool at(const std::string& pointer) const { return pointers_.contains(pointer); }
  /// Whether there is one at `pointer` or below.
  [[nodiscard]] bool within(const std::string& pointer) const;

 private:
  std::set<std::string, std::less<>> pointers_;
};

/// Puts defaults in the place of settings of `settings` (an object) that have mistakes or are missing. Lists of objects stay as they are:
/// whoever reads them leaves the faulty ones out.
void replace_faulty(nlohmann::json& root, const Setting& settings, const Faults& faults, Validator& validator);

}  // namespace ropeway::config
