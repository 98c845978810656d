#include "core/src/config/validate.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/src/config/describe.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/spelling.hpp"
#include "core/src/config/units.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;
using Type = Setting::Type;

/// Whether a value has the outer form of a setting, to choose between the two forms that a setting may have.
bool has_form(const json& value, const Setting& setting) {
  switch (setting.type()) {
    case Type::list: return value.is_array();
    case Type::map:
    case Type::object: return value.is_object();
    case Type::boolean: return value.is_boolean();
    case Type::string:
    case Type::path: return value.is_string();
    case Type::any: return true;
    default: return value.is_number() || value.is_string();
  }
}

std::string list_of_names(const std::vector<std::string>& names) {
  constexpr std::size_t few = 12;
  return names.size() <= few ? joined(names) : joined({names.begin(), names.begin() + few}) + " and others";
}

}  // namespace

std::optional<json> default_of(const Setting& setting) {
  if (setting.default_json()) {
    try {
      return json::parse(*setting.default_json());
    } catch (const json::exception&) {
      throw std::logic_error("the default of setting \"" + setting.name() + "\" is not JSON: " + *setting.default_json());
    }
  }
  const bool fills_itself =
      setting.type() == Type::object && !setting.is_required() &&
      std::none_of(setting.members().begin(), setting.members().end(), [](const Setting& m) { return m.is_required(); });
  return fills_itself ? std::optional<json>(json::object()) : std::nullopt;
}

std::optional<std::int64_t> number_in(const json& value, Type type) {
  switch (type) {
    case Type::integer:
    case Type::count: return whole_number_in(value);
    case Type::duration: return milliseconds_in(value);
    case Type::size:
    case Type::rate: return bytes_in(value);
    default: return std::nullopt;
  }
}

std::vector<std::string> names_of(const Settings& settings) {
  std::vector<std::string> names;
  for (const Setting& setting : settings) names.push_back(setting.name());
  return names;
}

void Validator::check(json& value, const Setting& setting, const std::string& pointer) {
  check_value(value, document_.declarations.emplace_back(setting), pointer);
}

void Validator::report(std::string pointer, std::string message, ValueMistake::At at) {
  if (mistakes_.size() == most_mistakes) {
    ++untold_;
    return;
  }
  mistakes_.push_back({std::move(pointer), std::move(message), at});
}

void Validator::unexpected(const json& value, const Setting& setting, const std::string& pointer) {
  report(pointer, "found " + describe(value) + ", expected " + describe(setting));
}

void Validator::check_value(json& value, const Setting& setting, const std::string& pointer) {
  if (setting.alternative() != nullptr && has_form(value, *setting.alternative()) && !has_form(value, setting)) {
    return check_value(value, *setting.alternative(), pointer);
  }
  switch (setting.type()) {
    case Type::any: return;
    case Type::boolean:
      if (!value.is_boolean()) unexpected(value, setting, pointer);
      return;
    case Type::string:
    case Type::path: return check_string(value, setting, pointer);
    case Type::list: return check_list(value, setting, pointer);
    case Type::map: return check_map(value, setting, pointer);
    case Type::object: return check_object(value, setting, pointer);
    case Type::count:
      if (value.is_string() && value.get_ref<const std::string&>() == "auto") return;
      return check_number(value, setting, pointer);
    case Type::integer:
    case Type::duration:
    case Type::size:
    case Type::rate: return check_number(value, setting, pointer);
  }
}

void Validator::check_number(const json& value, const Setting& setting, const std::string& pointer) {
  const auto number = number_in(value, setting.type());
  const bool good = number && *number >= setting.minimum().value_or(*number) && *number <= setting.maximum().value_or(*number);
  if (!good) unexpected(value, setting, pointer);
}

void Validator::check_string(const json& value, const Setting& setting, const std::string& pointer) {
  if (!value.is_string()) return unexpected(value, setting, pointer);
  const auto& text = value.get_ref<const std::string&>();
  if (!setting.choices().empty()) {
    if (std::find(setting.choices().begin(), setting.choices().end(), text) != setting.choices().end()) return;
    return report(pointer, "found " + describe(value) + ", expected " + describe(setting) + did_you_mean(text, setting.choices()));
  }
  const auto length = static_cast<std::int64_t>(text.size());
  if (length < setting.minimum().value_or(0) || length > setting.maximum().value_or(length)) return unexpected(value, setting, pointer);
  if (setting.type() == Type::path && text.find('\0') != std::string::npos) {
    report(pointer, "found " + describe(value) + ", but a path cannot hold a NUL character");
  }
}

void Validator::check_list(json& value, const Setting& setting, const std::string& pointer) {
  if (!value.is_array()) return unexpected(value, setting, pointer);
  const auto size = static_cast<std::int64_t>(value.size());
  if (size < setting.minimum().value_or(0) || size > setting.maximum().value_or(size)) return unexpected(value, setting, pointer);
  for (std::size_t i = 0; i < value.size(); ++i) check_value(value[i], *setting.element(), pointer_to(pointer, i));
}

void Validator::check_map(json& value, const Setting& setting, const std::string& pointer) {
  if (!value.is_object()) return unexpected(value, setting, pointer);
  document_.declared[pointer] = &setting;
  for (auto& [name, member] : value.items()) check_value(member, *setting.element(), pointer_to(pointer, name));
}

void Validator::check_object(json& value, const Setting& setting, const std::string& pointer) {
  if (!value.is_object()) return unexpected(value, setting, pointer);
  document_.declared[pointer] = &setting;
  const Settings& members = setting.members();
  for (auto& [name, unused] : value.items()) {
    const std::string& wanted = name;
    if (std::any_of(members.begin(), members.end(), [&](const Setting& member) { return member.name() == wanted; })) continue;
    const std::vector<std::string> names = names_of(members);
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) hint = names.empty() ? ", none is expected here" : ", expected one of " + list_of_names(names);
    report(pointer_to(pointer, name), "unknown setting " + in_quotes(name) + hint, ValueMistake::At::key);
  }
  for (const Setting& member : members) {
    const std::string place = pointer_to(pointer, member.name());
    if (value.contains(member.name())) {
      check_value(value[member.name()], member, place);
    } else if (member.is_required()) {
      report(pointer, "\"" + member.name() + "\" is missing, expected " + describe(member));
    } else {
      add_default(value, member, place);
    }
  }
}

void Validator::add_default(json& object, const Setting& member, const std::string& pointer) {
  auto value = default_of(member);
  if (!value) return;
  const std::size_t before = mistakes_.size();
  check_value(*value, member, pointer);
  if (mistakes_.size() != before) {
    throw std::logic_error("the default of setting \"" + member.name() + "\" is refused: " + mistakes_.back().message);
  }
  object[member.name()] = std::move(*value);
}

}  // namespace ropeway::config
