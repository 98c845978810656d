#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/environment.hpp"
#include "core/src/config/loader.hpp"

namespace ropeway::config {

/// What a setting is for the server that a configuration makes, and why.
struct Explanation {
  enum class Origin : std::uint8_t { file, environment, default_value };
  std::string pointer;  // RFC 6901
  nlohmann::json value;
  Origin origin = Origin::default_value;
  std::size_t line = 0;  // from 1, of the file
  std::size_t column = 0;
  std::string variable;  // that overrides it, or could; "" where none can
  std::string text;      // what it means
  std::string takes;     // "a whole number from 1 to 16"
  Setting::Cost cost = Setting::Cost::rolling;
  std::vector<Explanation> members;  // of an object, list or map: one level of it, without members of their own
};

/// The setting at `pointer` of a configuration that `load` found good, from the same text and environment. "/limits/body_bytes" may also be written
/// "limits.body_bytes". Nothing where there is none.
[[nodiscard]] std::optional<Explanation> explain(const ConfigNode::Document& document, std::string_view text, std::string_view pointer,
                                                 const Environment& environment);
/// The names that stand beside the last one of `pointer`, as far as there is such a place: for a hint.
[[nodiscard]] std::vector<std::string> names_beside(const ConfigNode::Document& document, std::string_view pointer);

}  // namespace ropeway::config
