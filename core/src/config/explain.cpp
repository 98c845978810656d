#include "core/src/config/explain.hpp"

#include <algorithm>
#include <charconv>

#include "core/src/config/change.hpp"
#include "core/src/config/describe.hpp"
#include "core/src/config/document.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/settings.hpp"
#include "core/src/config/source_map.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

/// The steps of a pointer, unescaped (RFC 6901 §4), or of a path with dots.
std::vector<std::string> steps_of(std::string_view pointer) {
  std::vector<std::string> steps;
  const bool has_dots = !pointer.starts_with('/');
  if (!has_dots) pointer.remove_prefix(1);
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find(has_dots ? '.' : '/'), pointer.size());
    std::string step(pointer.substr(0, end));
    pointer.remove_prefix(std::min(end + 1, pointer.size()));
    for (std::size_t at = 0; !has_dots && (at = step.find('~', at)) != std::string::npos; ++at) {
      const bool is_slash = at + 1 < step.size() && step[at + 1] == '1';
      step.replace(at, 2, is_slash ? "/" : "~");
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

const Setting* member_of(const Setting& object, std::string_view name) {
  for (const Setting& member : object.members()) {
    if (member.name() == name) return &member;
  }
  return nullptr;
}

/// A place in a document: the value there, and what declares it.
struct Place {
  const json* value;
  const Setting* setting;  // nullptr below a setting that takes any JSON
  std::string pointer;
  Setting::Cost cost;
};

class Walk {
 public:
  explicit Walk(const ConfigNode::Document& document) : document_(document) {}

  [[nodiscard]] Place root() const { return {&document_.root, &server_settings(), "", cost_of(server_settings(), Setting::Cost::rolling)}; }

  [[nodiscard]] std::optional<Place> below(const Place& place, const std::string& step) const {
    const json* value = nullptr;
    if (place.value->is_object()) {
      const auto found = place.value->find(step);
      if (found != place.value->end()) value = &*found;
    } else if (place.value->is_array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error == std::errc() && end == step.data() + step.size() && index < place.value->size()) value = &(*place.value)[index];
    }
    if (value == nullptr) return std::nullopt;
    const Setting* setting = setting_of(place, step);
    return Place{value, setting, pointer_to(place.pointer, step), setting != nullptr ? cost_of(*setting, place.cost) : place.cost};
  }

 private:
  // What handlers and middlewares declare themselves is known by its place alone.
  [[nodiscard]] const Setting* setting_of(const Place& place, const std::string& step) const {
    if (const auto declared = document_.declared.find(place.pointer); declared != document_.declared.end()) {
      const Setting& around = *declared->second;
      if (const Setting* member = member_of(around, step)) return member;
      if (around.type() == Setting::Type::map) return around.element();
    }
    if (place.setting == nullptr) return nullptr;
    if (place.setting->element() != nullptr) return place.setting->element();
    if (const Setting* member = member_of(*place.setting, step)) return member;
    return place.setting->alternative() != nullptr ? member_of(*place.setting->alternative(), step) : nullptr;
  }

  const ConfigNode::Document& document_;
};

/// Tells of places where their values come from.
class Origins {
 public:
  Origins(std::string_view text, const Environment& environment) : text_(text), source_(read_source(text)), environment_(environment) {
    for (const Overridable& setting : overridable_settings(server_settings())) overridable_.push_back(setting.pointer);
  }

  [[nodiscard]] Explanation about(const Place& place) const {
    Explanation told;
    told.pointer = place.pointer;
    told.value = *place.value;
    told.cost = place.cost;
    if (place.setting != nullptr) {
      told.text = place.setting->text();
      told.takes = brief(*place.setting);
    }
    std::string overridable = place.pointer;  // or the list that it is in
    if (place.setting != nullptr && place.setting->type() == Setting::Type::path && place.setting->name().empty()) {
      overridable.resize(overridable.rfind('/'));
    }
    if (std::find(overridable_.begin(), overridable_.end(), overridable) != overridable_.end()) told.variable = variable_name(overridable);
    if (!told.variable.empty() && environment_ && environment_(told.variable.c_str()) != nullptr) {
      told.origin = Explanation::Origin::environment;
    } else if (is_written(place.pointer)) {
      const LineColumn found = line_and_column(text_, source_.map.value(place.pointer));
      told.origin = Explanation::Origin::file;
      told.line = found.line;
      told.column = found.column;
    }
    return told;
  }

 private:
  // "name" of a middleware, and "handler" of one that is tried, may be written in the place of the object that has it.
  [[nodiscard]] bool is_written(const std::string& pointer) const {
    if (source_.map.contains(pointer)) return true;
    const std::size_t last = pointer.rfind('/');
    if (last == std::string::npos || (pointer.substr(last) != "/name" && pointer.substr(last) != "/handler")) return false;
    const json::json_pointer around(pointer.substr(0, last));
    return source_.value && source_.value->contains(around) && source_.value->at(around).is_string();
  }

  std::string_view text_;
  Source source_;
  const Environment& environment_;
  std::vector<std::string> overridable_;
};

}  // namespace

std::optional<Explanation> explain(const ConfigNode::Document& document, std::string_view text, std::string_view pointer,
                                   const Environment& environment) {
  const Walk walk(document);
  Place place = walk.root();
  for (const std::string& step : steps_of(pointer)) {
    auto next = walk.below(place, step);
    if (!next) return std::nullopt;
    place = std::move(*next);
  }
  const Origins origins(text, environment);
  Explanation told = origins.about(place);
  const auto add = [&](const std::string& step) {
    if (const auto member = walk.below(place, step)) told.members.push_back(origins.about(*member));
  };
  if (place.value->is_array()) {
    for (std::size_t i = 0; i < place.value->size(); ++i) add(std::to_string(i));
  } else if (place.value->is_object()) {
    std::vector<std::string> declared;
    if (const auto found = document.declared.find(place.pointer); found != document.declared.end()) {
      for (const Setting& member : found->second->members()) declared.push_back(member.name());
    }
    for (const std::string& name : declared) add(name);
    for (const auto& [name, value] : place.value->items()) {
      if (std::find(declared.begin(), declared.end(), name) == declared.end()) add(name);
    }
  }
  return told;
}

std::vector<std::string> names_beside(const ConfigNode::Document& document, std::string_view pointer) {
  const Walk walk(document);
  Place place = walk.root();
  const std::vector<std::string> steps = steps_of(pointer);
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    auto next = walk.below(place, steps[i]);
    if (!next) return {};
    place = std::move(*next);
  }
  std::vector<std::string> names;
  if (place.value->is_object()) {
    for (const auto& [name, value] : place.value->items()) names.push_back(name);
  }
  return names;
}

}  // namespace ropeway::config
