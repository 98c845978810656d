#include "core/src/config/describe.hpp"

#include <ropeway/json_document.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/config/units.hpp"

namespace ropeway::config {
namespace {

using Type = Setting::Type;

std::string range(const Setting& setting) {
  const auto& minimum = setting.minimum();
  const auto& maximum = setting.maximum();
  if (minimum && maximum) return " from " + bound_text(setting, *minimum) + " to " + bound_text(setting, *maximum);
  if (minimum) return " of at least " + bound_text(setting, *minimum);
  if (maximum) return " of at most " + bound_text(setting, *maximum);
  return {};
}

/// How a value of this type may be written, for those where it is not plain.
std::string_view examples(Type type) noexcept {
  switch (type) {
    case Type::duration: return ", such as \"250ms\", \"30s\", \"5m\" or a number of seconds";
    case Type::size: return ", such as \"16k\", \"8M\" or a number of bytes";
    case Type::rate: return ", such as \"16k\" or a number of bytes per second";
    default: return {};
  }
}

}  // namespace

std::string brief(const Setting& setting) {
  switch (setting.type()) {
    case Type::boolean: return "true or false";
    case Type::integer: return "a whole number" + range(setting);
    case Type::string:
      if (!setting.choices().empty()) return "one of " + joined(setting.choices());
      if (setting.maximum()) return "a string of at most " + std::to_string(*setting.maximum()) + " bytes";
      return setting.minimum().value_or(0) > 0 ? "a string that is not empty" : "a string";
    case Type::path: return setting.minimum().value_or(0) > 0 ? "a path that is not empty" : "a path";
    case Type::duration: return "a duration" + range(setting);
    case Type::size: return "a size" + range(setting);
    case Type::rate: return "a rate" + range(setting);
    case Type::count: return "\"auto\" or a whole number" + range(setting);
    case Type::list:
      if (setting.minimum() || setting.maximum())
        return "a list" + range(setting) + (setting.maximum() || setting.minimum() != 1 ? " elements" : " element");
      return "a list";
    case Type::map:
    case Type::object: return "an object";
    case Type::any: return "any value";
  }
  return {};
}

std::string describe(const Setting& setting) {
  std::string words = brief(setting) + std::string(examples(setting.type()));
  if (setting.alternative() != nullptr) words += ", or " + describe(*setting.alternative());
  return words;
}

std::string describe(const nlohmann::json& value) {
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  return value.dump();
}

std::string bound_text(const Setting& setting, std::int64_t bound) {
  if (setting.type() == Type::duration) return duration_text(bound);
  if (setting.type() == Type::size || setting.type() == Type::rate) return size_text(bound);
  return std::to_string(bound);
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const std::string& word : words) {
    if (!result.empty()) result += ", ";
    result += in_quotes(word);
  }
  return result;
}

}  // namespace ropeway::config
