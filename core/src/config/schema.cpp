#include <string>
#include <utility>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/loader.hpp"
#include "core/src/config/settings.hpp"

namespace ropeway::config {
namespace {

using nlohmann::ordered_json;
using Type = Setting::Type;

ordered_json schema_of(const Setting& setting);

/// `schema` with the setting's bounds under the two names; a duration's are in seconds.
ordered_json bounded(ordered_json schema, const Setting& setting, const char* minimum, const char* maximum) {
  const auto bound = [&](std::int64_t value) -> ordered_json {
    if (setting.type() == Type::duration && value % 1000 != 0) return static_cast<double>(value) / 1000.0;
    return setting.type() == Type::duration ? value / 1000 : value;
  };
  if (setting.minimum()) schema[minimum] = bound(*setting.minimum());
  if (setting.maximum()) schema[maximum] = bound(*setting.maximum());
  return schema;
}

ordered_json object_schema(const Settings& members) {
  ordered_json schema{{"type", "object"}, {"properties", ordered_json::object()}, {"additionalProperties", false}};
  ordered_json required = ordered_json::array();
  for (const Setting& member : members) {
    schema["properties"][member.name()] = schema_of(member);
    if (member.is_required()) required.push_back(member.name());
  }
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

ordered_json any_of(ordered_json first, ordered_json second) {
  return {{"anyOf", ordered_json::array({std::move(first), std::move(second)})}};
}

ordered_json text_schema(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

/// The values of a setting, without its description and default.
ordered_json form_schema(const Setting& setting) {
  const ordered_json whole{{"type", "integer"}};
  switch (setting.type()) {
    case Type::boolean: return {{"type", "boolean"}};
    case Type::integer: return bounded(whole, setting, "minimum", "maximum");
    case Type::string:
    case Type::path: {
      ordered_json schema = bounded({{"type", "string"}}, setting, "minLength", "maxLength");
      if (!setting.choices().empty()) schema["enum"] = setting.choices();
      return schema;
    }
    case Type::duration:
      return any_of(bounded({{"type", "number"}}, setting, "minimum", "maximum"), text_schema("^[0-9]+([.][0-9]{1,9})?(ms|s|m|h)?$"));
    case Type::size:
    case Type::rate: return any_of(bounded(whole, setting, "minimum", "maximum"), text_schema("^[0-9]+[kKmMgGtT]?$"));
    case Type::count: return any_of({{"const", "auto"}}, bounded(whole, setting, "minimum", "maximum"));
    case Type::list: return bounded({{"type", "array"}, {"items", schema_of(*setting.element())}}, setting, "minItems", "maxItems");
    case Type::map: return {{"type", "object"}, {"additionalProperties", schema_of(*setting.element())}};
    case Type::object: return object_schema(setting.members());
    case Type::any: return ordered_json::object();
  }
  return ordered_json::object();
}

ordered_json schema_of(const Setting& setting) {
  ordered_json schema = form_schema(setting);
  if (setting.alternative() != nullptr) schema = any_of(std::move(schema), schema_of(*setting.alternative()));
  if (!setting.text().empty()) schema["description"] = setting.text();
  if (setting.default_json()) schema["default"] = ordered_json::parse(*setting.default_json());
  return schema;
}

bool needs_options(const Catalogue::Entry& entry) {
  for (const Setting& setting : entry.settings) {
    if (setting.is_required()) return true;
  }
  return false;
}

ordered_json names(const std::vector<Catalogue::Entry>& entries, bool with_required_options) {
  ordered_json result = ordered_json::array();
  for (const Catalogue::Entry& entry : entries) {
    if (with_required_options || !needs_options(entry)) result.push_back(entry.name);
  }
  return result;
}

/// Narrows an object that names a component under `key`: which names there are, and which options go with each.
void constrain(ordered_json& object, const char* key, const std::vector<Catalogue::Entry>& entries) {
  object["properties"][key]["enum"] = names(entries, true);
  ordered_json rules = ordered_json::array();
  for (const Catalogue::Entry& entry : entries) {
    ordered_json rule;
    rule["if"] = {{"properties", {{key, {{"const", entry.name}}}}}, {"required", ordered_json::array({key})}};
    rule["then"]["properties"]["options"] = object_schema(entry.settings);
    if (needs_options(entry)) rule["then"]["required"] = ordered_json::array({"options"});
    rules.push_back(std::move(rule));
  }
  if (!rules.empty()) object["allOf"] = std::move(rules);
}

}  // namespace

std::string schema(const Catalogue& catalogue) {
  ordered_json whole{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Ropeway configuration"}};
  whole.update(schema_of(server_settings()));

  ordered_json& properties = whole["properties"];
  ordered_json& route = properties["routes"]["items"];
  ordered_json middleware = properties["middlewares"]["items"];
  middleware["anyOf"][0]["enum"] = names(catalogue.middlewares, false);
  constrain(middleware["anyOf"][1], "name", catalogue.middlewares);
  constrain(route, "handler", catalogue.handlers);
  constrain(properties["listen"]["items"]["anyOf"][1], "handler", catalogue.stream_handlers);
  route["oneOf"] = ordered_json::array({{{"required", ordered_json::array({"handler"})}}, {{"required", ordered_json::array({"try"})}}});
  ordered_json& tried = route["properties"]["try"]["items"];
  tried["anyOf"][0]["enum"] = names(catalogue.handlers, false);
  constrain(tried["anyOf"][1], "handler", catalogue.handlers);
  const ordered_json reference{{"$ref", "#/$defs/middleware"}};
  properties["middlewares"]["items"] = reference;
  route["properties"]["middlewares"]["items"] = reference;
  ordered_json& group = properties["groups"]["items"]["properties"];
  group["middlewares"]["items"] = reference;
  group["routes"]["items"] = ordered_json{{"$ref", "#/$defs/route"}};
  whole["$defs"]["route"] = std::exchange(route, ordered_json{{"$ref", "#/$defs/route"}});
  whole["$defs"]["middleware"] = std::move(middleware);
  return whole.dump(2) + "\n";
}

}  // namespace ropeway::config
