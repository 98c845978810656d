#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <ropeway/setting.hpp>

namespace ropeway::config {

/// The value of an environment variable, or nullptr: `std::getenv`, or a test's own.
using Environment = std::function<const char*(const char*)>;

/// "/limits/body_bytes" -> "ROPEWAY_LIMITS_BODY_BYTES".
[[nodiscard]] std::string variable_name(std::string_view pointer);

/// A setting that a variable may override: one that holds a single value and is not inside a list, or a list of paths (`a:b`).
struct Overridable {
  std::string pointer;
  const Setting* setting;
};
[[nodiscard]] std::vector<Overridable> overridable_settings(const Setting& root);

/// Puts the values of `environment` in their places in `root`, which was checked. Returns a sentence for each value that is refused.
[[nodiscard]] std::vector<std::string> apply_environment(nlohmann::json& root, const Setting& settings, const Environment& environment);

}  // namespace ropeway::config
