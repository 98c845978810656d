#include "core/src/config/environment.hpp"

#include <algorithm>
#include <charconv>

#include <ropeway/json_document.hpp>

#include "core/src/config/document.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;
using Type = Setting::Type;

void collect(const Setting& object, const std::string& pointer, std::vector<Overridable>& found) {
  for (const Setting& member : object.members()) {
    const std::string place = pointer_to(pointer, member.name());
    switch (member.type()) {
      case Type::object: collect(member, place, found); break;
      case Type::list:
        if (member.element()->type() == Type::path) found.push_back({place, &member});
        break;
      case Type::map:
      case Type::any: break;
      default:
        if (!member.name().starts_with('$')) found.push_back({place, &member});
    }
  }
}

json paths_in(std::string_view text) {
  json paths = json::array();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    paths.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return paths;
}

/// A variable's text as the JSON that a file would have: `4` for a number, `"4"` for a name, `["a.so", "b.so"]` for `a.so:b.so`.
json value_of(std::string_view text, const Setting& setting) {
  if (setting.type() == Type::list) return paths_in(text);
  if (setting.type() == Type::boolean && (text == "true" || text == "false")) return text == "true";
  if (setting.type() == Type::integer || setting.type() == Type::count) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) return number;
  }
  return text;
}

bool is_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = code_point(text, i).length;
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace

std::string variable_name(std::string_view pointer) {
  std::string name = "ROPEWAY";
  for (const char c : pointer) {
    if (c >= 'a' && c <= 'z') {
      name += static_cast<char>(c - 'a' + 'A');
    } else {
      name += c == '/' ? '_' : c;
    }
  }
  return name;
}

std::vector<Overridable> overridable_settings(const Setting& root) {
  std::vector<Overridable> found;
  collect(root, "", found);
  return found;
}

std::vector<std::string> apply_environment(json& root, const Setting& settings, const Environment& environment) {
  std::vector<std::string> refused;
  if (!environment) return refused;
  for (const auto& [pointer, setting] : overridable_settings(settings)) {
    const std::string name = variable_name(pointer);
    const char* text = environment(name.c_str());
    if (text == nullptr) continue;
    if (!is_text(text)) {
      refused.push_back(name + ": found " + in_quotes(text) + ", which is not UTF-8");
      continue;
    }
    json value = value_of(text, *setting);
    ConfigNode::Document scratch;
    Validator validator(scratch);
    validator.check(value, *setting, pointer);
    for (const ValueMistake& mistake : validator.mistakes()) refused.push_back(name + ": " + mistake.message);
    if (validator.mistakes().empty()) root[json::json_pointer(pointer)] = std::move(value);
  }
  return refused;
}

}  // namespace ropeway::config
