#include "launcher/src/comparison.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/change.hpp"
#include "core/src/config/printable.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/check.hpp"
#include "launcher/src/control_client.hpp"
#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

using config::Change;
using nlohmann::json;
using Cost = Setting::Cost;

// A configuration that another one is compared with, and the variables that override both.
struct Running {
  ConfigSource source;
  std::optional<std::map<std::string, std::string>> variables;  // nothing: those of this process
};

Running what_runs(const Options& options) {
  if (!options.from.empty()) {
    auto source = read_source(options.from);
    if (!source) throw std::runtime_error("there is nothing to compare with");
    return {std::move(*source), std::nullopt};
  }
  const json answer = ask_server(options, {{"command", "configuration"}});
  const json& running = answer.at("configuration");
  return {{running.at("file").get<std::string>(), running.at("text").get<std::string>()},
          running.at("variables").get<std::map<std::string, std::string>>()};
}

struct PlacedChange {
  Change change;
  config::Diagnostic place;
};

std::vector<PlacedChange> placed(std::vector<Change> changes, const ConfigSource& before, const ConfigSource& after) {
  std::vector<PlacedChange> result;
  for (Change& change : changes) {
    const ConfigSource& source = change.kind == Change::Kind::removed ? before : after;
    config::Diagnostic place = config::locate(ConfigError(change.pointer, ""), source.text, source.file);
    result.push_back({std::move(change), std::move(place)});
  }
  return result;
}

std::string shown(const std::string& value) {
  constexpr std::size_t most = 60;
  return value.size() <= most ? config::printable(value) : config::printable(value.substr(0, most)) + "...";
}

// "limits.connections: 100 -> 200"
std::string words_of(const Change& change) {
  std::string text = config::printable(change.name);
  const bool is_address = change.name == "listen" && change.cost == Cost::rebind;
  const bool is_route = change.name.ends_with('"');  // or a group
  switch (change.kind) {
    case Change::Kind::added:
      if (is_route) return text + " is new";
      return text + ": " + shown(change.after) + (is_address ? " is opened" : " is new");
    case Change::Kind::removed:
      if (is_route) return text + " is gone";
      return text + ": " + shown(change.before) + (is_address ? " is closed" : " is gone");
    case Change::Kind::changed: break;
  }
  return text + ": " + shown(change.before) + " -> " + shown(change.after);
}

std::string_view kind_of(Change::Kind kind) noexcept {
  return kind == Change::Kind::added ? "added" : kind == Change::Kind::removed ? "removed" : "changed";
}

json value_of(const std::string& text) { return text.empty() ? json() : json::parse(text, nullptr, false); }

void print_json(const std::vector<PlacedChange>& changes, const std::optional<Cost>& cost, const ConfigSource& before,
                const ConfigSource& after) {
  json list = json::array();
  for (const auto& [change, place] : changes) {
    list.push_back({{"name", change.name},
                    {"pointer", change.pointer},
                    {"change", kind_of(change.kind)},
                    {"before", value_of(change.before)},
                    {"after", value_of(change.after)},
                    {"cost", config::to_string(change.cost)},
                    {"file", place.file},
                    {"line", place.line},
                    {"column", place.column}});
  }
  const json all{{"file", after.file},
                 {"from", before.file},
                 {"cost", cost ? json(config::to_string(*cost)) : json("none")},
                 {"changes", std::move(list)}};
  std::printf("%s\n", all.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

const char* summary_of(const std::optional<Cost>& cost) noexcept {
  if (!cost) return "no difference; a reload replaces the workers all the same, for what their handlers read";
  switch (*cost) {
    case Cost::hot: return "a reload does it; no worker needs it, but they are replaced all the same, for what their handlers read";
    case Cost::rolling: return "a reload does it: workers are replaced, one after another, and no connection is lost";
    case Cost::rebind: return "a reload does it: addresses are opened and closed, and workers replaced, one after another";
    case Cost::restart: break;
  }
  return "it needs a restart: a reload is refused; stop the server and start it again";
}

void print_text(const std::vector<PlacedChange>& changes, const std::optional<Cost>& cost) {
  for (const auto& [change, place] : changes) {
    std::string where = config::printable(place.file) + ":";
    if (place.line != 0) where += std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
    std::printf("%s %s: %s\n", where.c_str(), std::string(config::to_string(change.cost)).c_str(), words_of(change).c_str());
  }
  std::printf("%s\n", summary_of(cost));
}

int compare(const Options& options, const Register& register_handlers) {
  const auto after = read_source(options.new_config.empty() ? options.config : options.new_config);
  if (!after) return exit_code::usage;
  const Checked checked = check_in_child(*after, register_handlers);
  if (!checked.plan) return checked.exit_code;
  const Running running = what_runs(options);
  const config::Environment environment = [&running](const char* name) -> const char* {
    if (!running.variables) return std::getenv(name);
    const auto found = running.variables->find(name);
    return found == running.variables->end() ? nullptr : found->second.c_str();
  };
  const config::Loaded old = Application(register_handlers, running.source, environment).load(running.source, environment);
  const config::Loaded fresh = Application(register_handlers, *after, environment).load(*after, environment);
  for (const config::Loaded* loaded : {&old, &fresh}) {
    if (loaded->document) continue;
    std::fputs(config::report(loaded->diagnostics, loaded->untold).c_str(), stderr);
    if (loaded == &old) throw std::runtime_error("this program does not understand the configuration that it is compared with");
    return exit_code::usage;
  }
  const auto changes = placed(config::changes_between(*old.document, *fresh.document), running.source, *after);
  std::optional<Cost> cost;
  for (const auto& each : changes) cost = std::max(cost, std::optional(each.change.cost));
  if (options.json) {
    print_json(changes, cost, running.source, *after);
  } else {
    print_text(changes, cost);
  }
  return cost == Cost::restart ? exit_code::needs_restart : exit_code::success;
}

}  // namespace

int compare_configurations(const Options& options, const Register& register_handlers) {
  try {
    return compare(options, register_handlers);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ropeway: %s\n", config::printable(error.what()).c_str());
    return exit_code::failure;
  }
}

}  // namespace ropeway::launcher
