#include "core/src/config/module_list.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <ropeway/json_document.hpp>

#include "core/src/config/document.hpp"
#include "core/src/config/settings.hpp"
#include "core/src/config/source_map.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway::config {
namespace {

using nlohmann::json;

constexpr const char* modules_name = "modules";

/// The declaration of "modules" alone, in an object of its own.
Setting modules_setting() {
  const Settings& members = server_settings().members();
  return Setting::object("", "", {*std::ranges::find(members, modules_name, &Setting::name)});
}

}  // namespace

ModuleList modules_of(std::string_view text, const std::string& file, const Environment& environment) {
  ModuleList result;
  const std::string variable = variable_name(pointer_to("", modules_name));
  const bool overridden = environment && environment(variable.c_str()) != nullptr;
  const Source source = read_source(text);
  if (!source.value || !source.value->is_object()) return result;

  const auto document = std::make_shared<ConfigNode::Document>();
  document->folder = folder_of(file);
  document->root = json::object();
  if (const auto found = source.value->find(modules_name); found != source.value->end()) document->root[modules_name] = *found;
  const Setting setting = modules_setting();
  Validator validator(*document);
  validator.check(document->root, setting, "");
  if (apply_environment(document->root, setting, environment).empty()) result.from_environment = overridden;

  const json& list = document->root[modules_name];
  if (!list.is_array()) return result;
  const std::vector<ValueMistake> mistakes = result.from_environment ? std::vector<ValueMistake>() : validator.mistakes();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = pointer_to(pointer_to("", modules_name), i);
    const bool is_faulty = !list[i].is_string() || std::ranges::find(mistakes, pointer, &ValueMistake::pointer) != mistakes.end();
    if (is_faulty) continue;
    result.modules.push_back({resolved(*document, list[i].get<std::string>()), pointer});
  }
  return result;
}

}  // namespace ropeway::config
