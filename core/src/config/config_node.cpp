#include <ropeway/config_node.hpp>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/src/config/document.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway {
namespace {

using Type = Setting::Type;

std::logic_error misuse(std::string_view name, const std::string& what) {
  return std::logic_error("setting \"" + std::string(name) + "\" " + what);
}

/// The setting that declares `name` under `pointer`; `std::logic_error` where there is none.
const Setting& declaration(const ConfigNode::Document* document, const std::string& pointer, std::string_view name) {
  if (document != nullptr) {
    if (const auto found = document->declared.find(pointer); found != document->declared.end()) {
      const Setting& parent = *found->second;
      if (parent.type() == Type::map) return *parent.element();
      for (const Setting& member : parent.members()) {
        if (member.name() == name) return member;
      }
    }
  }
  throw misuse(name, "is read at \"" + pointer + "\", but was not declared there");
}

/// Whether `setting`, or its other form, is one of `types`.
bool is_any_of(const Setting& setting, std::initializer_list<Type> types) {
  if (std::find(types.begin(), types.end(), setting.type()) != types.end()) return true;
  return setting.alternative() != nullptr && is_any_of(*setting.alternative(), types);
}

const Setting& declared_as(const ConfigNode::Document* document, const std::string& pointer, std::string_view name,
                           std::initializer_list<Type> types) {
  const Setting& setting = declaration(document, pointer, name);
  if (!is_any_of(setting, types)) throw misuse(name, "is read as a type that it was not declared with");
  return setting;
}

/// The text of a value; a setting that has two forms may hold the other one.
const std::string& text_in(const nlohmann::json& value, std::string_view name) {
  if (!value.is_string()) throw misuse(name, "is written in its other form: look at json() first");
  return value.get_ref<const std::string&>();
}

std::int64_t number_of(const nlohmann::json& value, std::string_view name, Type type) {
  const auto number = config::number_in(value, type);
  if (!number) throw misuse(name, "is no number, but \"auto\" or its other form: ask has() or look at json() first");
  return *number;
}

}  // namespace

ConfigNode::ConfigNode(std::shared_ptr<const Document> document, const nlohmann::json& value, std::string pointer) noexcept
    : document_(std::move(document)), value_(&value), pointer_(std::move(pointer)) {}

ConfigNode ConfigNode::from_json(std::string_view options, const Settings& settings) {
  config::Source source = config::read_source(options);
  if (!source.mistakes.empty()) {
    const config::TextMistake& mistake = source.mistakes.front();
    const config::LineColumn place = config::line_and_column(options, mistake.offset);
    throw ConfigError(mistake.pointer, std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + mistake.message);
  }
  auto document = std::make_shared<Document>();
  document->root = std::move(*source.value);
  config::Validator validator(*document);
  validator.check(document->root, Setting::object("", "", settings), "");
  if (!validator.mistakes().empty()) {
    const config::ValueMistake& mistake = validator.mistakes().front();
    throw ConfigError(mistake.pointer, mistake.message);
  }
  const nlohmann::json& root = document->root;
  return {std::move(document), root, ""};
}

const nlohmann::json& ConfigNode::at(std::string_view name) const {
  const auto found = value_->find(name);
  if (found == value_->end()) throw misuse(name, "has no value: ask has() first");
  return *found;
}

bool ConfigNode::has(std::string_view name) const {
  const Setting& setting = declaration(document_.get(), pointer_, name);
  const auto found = value_->find(name);
  return found != value_->end() && !(setting.type() == Type::count && found->is_string());
}

bool ConfigNode::boolean(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::boolean});
  const nlohmann::json& value = at(name);
  if (!value.is_boolean()) throw misuse(name, "is written in its other form: look at json() first");
  return value.get<bool>();
}

std::int64_t ConfigNode::integer(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::integer, Type::count});
  return number_of(at(name), name, Type::integer);
}

std::string ConfigNode::string(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::string});
  return text_in(at(name), name);
}

std::string ConfigNode::path(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::path});
  return config::resolved(*document_, text_in(at(name), name));
}

std::chrono::milliseconds ConfigNode::duration(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::duration});
  return std::chrono::milliseconds(number_of(at(name), name, Type::duration));
}

std::uint64_t ConfigNode::size(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::size, Type::rate});
  return static_cast<std::uint64_t>(number_of(at(name), name, Type::size));
}

std::vector<std::string> ConfigNode::strings(std::string_view name) const {
  const Setting& setting = declared_as(document_.get(), pointer_, name, {Type::list});
  const Setting* list = &setting;  // or another form of it
  while (list->type() != Type::list) list = list->alternative();
  const Setting* element_setting = list->element();
  if (element_setting == nullptr || !is_any_of(*element_setting, {Type::string, Type::path})) throw misuse(name, "is no list of strings");
  std::vector<std::string> result;
  for (const nlohmann::json& element : at(name)) {
    const std::string& text = text_in(element, name);
    result.push_back(element_setting->type() == Type::path ? config::resolved(*document_, text) : text);
  }
  return result;
}

std::vector<ConfigNode> ConfigNode::list(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::list});
  const nlohmann::json& array = at(name);
  if (!array.is_array()) throw misuse(name, "is written in its other form: look at json() first");
  std::vector<ConfigNode> result;
  for (std::size_t i = 0; i < array.size(); ++i) result.emplace_back(document_, array[i], config::pointer_to(pointer(name), i));
  return result;
}

ConfigNode ConfigNode::object(std::string_view name) const {
  declared_as(document_.get(), pointer_, name, {Type::object, Type::map});
  const nlohmann::json& value = at(name);
  if (!value.is_object()) throw misuse(name, "is written in its other form: look at json() first");
  return {document_, value, pointer(name)};
}

std::vector<std::string> ConfigNode::keys() const {
  std::vector<std::string> names;
  for (const auto& [name, unused] : value_->items()) names.push_back(name);
  return names;
}

const nlohmann::json& ConfigNode::json(std::string_view name) const {
  (void)declaration(document_.get(), pointer_, name);
  return at(name);
}

std::string ConfigNode::pointer(std::string_view name) const { return config::pointer_to(pointer_, name); }

ConfigError ConfigNode::error(std::string_view name, const std::string& message) const { return {pointer(name), message}; }

}  // namespace ropeway
