#include "launcher/src/explanation.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/change.hpp"
#include "core/src/config/explain.hpp"
#include "core/src/config/printable.hpp"
#include "core/src/config/spelling.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/check.hpp"
#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

using config::Explanation;
using nlohmann::json;
using Origin = Explanation::Origin;

constexpr std::size_t widest_value = 60;

struct LoadedSource {
  ConfigSource source;
  config::Loaded loaded;
};

// The configuration, or nothing where it has mistakes, which were told.
std::optional<LoadedSource> load_good(const Options& options, const Register& register_handlers) {
  auto source = read_source(options.config);
  if (!source) return std::nullopt;
  const Application application(register_handlers, *source);
  config::Loaded loaded = application.load(*source);
  if (!loaded.config) {
    std::fputs(config::report(std::move(loaded.diagnostics), loaded.untold).c_str(), stderr);
    return std::nullopt;
  }
  return LoadedSource{std::move(*source), std::move(loaded)};
}

std::string shown(const json& value, std::size_t most) {
  std::string text = config::printable(value.dump(-1, ' ', false, json::error_handler_t::replace));
  if (text.size() > most) {
    if (value.is_array()) return std::to_string(value.size()) + (value.size() == 1 ? " element" : " elements");
    if (value.is_object()) return "{...}";
    text = text.substr(0, most) + "...";
  }
  return text;
}

std::string origin_of(const Explanation& told, const std::string& file) {
  switch (told.origin) {
    case Origin::file: return config::printable(file) + ":" + std::to_string(told.line) + ":" + std::to_string(told.column);
    case Origin::environment: return told.variable + " in the environment";
    case Origin::default_value: return "default";
  }
  return {};
}

json as_json(const Explanation& told, const std::string& file) {
  json result{{"pointer", told.pointer}, {"value", told.value}, {"change_costs", config::to_string(told.cost)}};
  result["origin"] = told.origin == Origin::file ? "file" : told.origin == Origin::environment ? "environment" : "default";
  if (told.origin == Origin::file) result.update({{"file", file}, {"line", told.line}, {"column", told.column}});
  if (!told.variable.empty()) result["variable"] = told.variable;
  if (!told.text.empty()) result.update({{"text", told.text}, {"takes", told.takes}});
  if (!told.members.empty()) {
    json& members = result["members"] = json::array();
    for (const Explanation& member : told.members) members.push_back(as_json(member, file));
  }
  return result;
}

// The columns of a table, each as wide as its widest cell; the last is as it comes.
void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::printf("%s\n", line.c_str());
  }
}

void print(const Explanation& told, const std::string& file) {
  const std::string name = told.pointer.empty() ? "(the whole configuration)" : told.pointer;
  std::printf("%s\n", config::printable(name).c_str());
  if (!told.text.empty()) std::printf("  %s\n", config::printable(told.text).c_str());
  std::printf("\n");
  std::vector<std::vector<std::string>> rows;
  if (told.members.empty()) rows.push_back({"  value", shown(told.value, 2000)});
  rows.push_back({"  from", origin_of(told, file)});
  if (!told.takes.empty()) rows.push_back({"  takes", told.takes});
  if (!told.variable.empty()) rows.push_back({"  variable", told.variable});
  if (!told.pointer.empty()) rows.push_back({"  a change is", std::string(config::to_string(told.cost))});
  print_table(rows);
  if (told.members.empty()) return;
  std::printf("\n");
  rows.clear();
  for (const Explanation& member : told.members) {
    const std::string last = member.pointer.substr(told.pointer.size() + 1);
    rows.push_back({"  " + config::printable(last), shown(member.value, widest_value), origin_of(member, file)});
  }
  print_table(rows);
}

}  // namespace

int explain_setting(const Options& options, const Register& register_handlers) {
  const auto found = load_good(options, register_handlers);
  if (!found) return exit_code::usage;
  const ConfigNode::Document& document = *found->loaded.document;
  const auto told = config::explain(document, found->source.text, options.setting, process_environment());
  if (!told) {
    const std::size_t last = options.setting.find_last_of("./");
    const std::string name = last == std::string::npos ? options.setting : options.setting.substr(last + 1);
    std::fprintf(stderr, "%s: there is no %s%s\n", config::printable(options.config).c_str(), config::in_quotes(options.setting).c_str(),
                 config::did_you_mean(name, config::names_beside(document, options.setting)).c_str());
    return exit_code::usage;
  }
  if (options.json) {
    std::printf("%s\n", as_json(*told, options.config).dump(2, ' ', false, json::error_handler_t::replace).c_str());
  } else {
    print(*told, options.config);
  }
  return exit_code::success;
}

int list_routes(const Options& options, const Register& register_handlers) {
  const auto found = load_good(options, register_handlers);
  if (!found) return exit_code::usage;
  json list = json::array();
  std::vector<std::vector<std::string>> rows{{"MATCH", "HANDLER", "MIDDLEWARES", "PLACE"}};
  for (const config::RouteConfig& route : found->loaded.config->routes) {
    std::vector<std::string> names;
    for (const auto& middleware : found->loaded.config->middlewares) names.push_back(middleware.name);
    if (route.group) {
      for (const auto& middleware : found->loaded.config->groups[*route.group].middlewares) names.push_back(middleware.name);
    }
    for (const auto& middleware : route.middlewares) names.push_back(middleware.name);
    std::string joined;
    for (const std::string& name : names) joined.append(joined.empty() ? "" : ", ").append(name);
    const auto told = config::explain(*found->loaded.document, found->source.text, route.pointer, process_environment());
    const std::string place = told ? origin_of(*told, options.config) : std::string();
    rows.push_back({config::printable(route.match), config::printable(route.handler.name), joined.empty() ? "-" : joined, place});
    list.push_back({{"match", route.match}, {"handler", route.handler.name}, {"middlewares", names}, {"pointer", route.pointer}});
    if (!route.name.empty()) list.back()["name"] = route.name;
    if (told) list.back().update({{"line", told->line}, {"column", told->column}});
  }
  for (const config::StreamConfig& stream : found->loaded.config->streams) {
    const auto told = config::explain(*found->loaded.document, found->source.text, stream.handler.pointer, process_environment());
    const std::string place = told ? origin_of(*told, options.config) : std::string();
    rows.push_back({"listen " + config::printable(stream.address), config::printable(stream.handler.name), "-", place});
    list.push_back({{"listen", stream.address}, {"handler", stream.handler.name}, {"pointer", stream.handler.pointer}});
    if (told) list.back().update({{"line", told->line}, {"column", told->column}});
  }
  if (options.json) {
    std::printf("%s\n", list.dump(2, ' ', false, json::error_handler_t::replace).c_str());
  } else {
    print_table(rows);
  }
  return exit_code::success;
}

}  // namespace ropeway::launcher
