#include "core/src/config/server_config.hpp"
#include "core/src/config/group.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

#include <ropeway/json_document.hpp>

#include "core/src/config/document.hpp"
#include "core/src/config/listen_address.hpp"
#include "core/src/config/soundness.hpp"
#include "core/src/config/source_map.hpp"

namespace ropeway::config {
namespace {

using Document = std::shared_ptr<const ConfigNode::Document>;

std::optional<unsigned> read_count(const ConfigNode& node, std::string_view name) {
  return node.has(name) ? std::optional(static_cast<unsigned>(node.integer(name))) : std::nullopt;
}

std::size_t read_size(const ConfigNode& node, std::string_view name) { return static_cast<std::size_t>(node.size(name)); }
std::size_t read_number(const ConfigNode& node, std::string_view name) { return static_cast<std::size_t>(node.integer(name)); }

std::string read_name_or_number(const ConfigNode& node, std::string_view name) {
  const nlohmann::json& value = node.json(name);
  return value.is_string() ? value.get<std::string>() : std::to_string(value.get<std::int64_t>());
}

/// A path, where "-" and "" have a meaning of their own.
std::string read_file(const ConfigNode& node) {
  const auto& text = node.json("file").get_ref<const std::string&>();
  return text == "-" ? text : node.path("file");
}

/// Whether `node` is an object with a sound text of that name.
bool has_text(const ConfigNode& node, const char* name, const Faults& faults) {
  const nlohmann::json& value = node.json();
  return value.is_object() && value.contains(name) && value[name].is_string() && !faults.within(node.pointer(name));
}

ComponentConfig read_component(const Document& document, const ConfigNode& node, const char* name_key, const Faults& faults) {
  ComponentConfig component{{}, std::nullopt, node.pointer(name_key)};
  if (!has_text(node, name_key, faults)) return component;
  component.name = node.json().at(name_key).get<std::string>();
  if (node.json().contains("options") && !faults.within(node.pointer("options"))) {
    component.options.emplace(document, node.json().at("options"), node.pointer("options"));
  }
  return component;
}

void read_addresses(const Document& document, const ConfigNode& root, const std::string& folder, const Faults& faults,
                    ServerConfig& config) {
  const nlohmann::json& listen = root.json("listen");
  for (std::size_t i = 0; i < listen.size(); ++i) {
    const nlohmann::json& entry = listen[i];
    const std::string pointer = pointer_to("/listen", i);
    if (faults.within(pointer)) continue;
    const std::string& text = *address_in(entry);
    auto parsed = parse_listen_address(text, folder);
    if (std::holds_alternative<std::string>(parsed)) throw std::logic_error("an address was not checked: " + text);
    ListenAddress& address = config.listen.emplace_back(std::move(std::get<ListenAddress>(parsed)));
    address.text = text;
    address.proxy_protocol = proxy_protocol_in(entry);
    address.pointer = pointer;
    if (!entry.is_object() || !entry.contains("handler")) continue;
    address.stream = static_cast<std::uint32_t>(config.streams.size());
    config.streams.push_back({read_component(document, ConfigNode(document, entry, pointer), "handler", faults), text});
  }
}

std::vector<ComponentConfig> read_list(const Document& document, const ConfigNode& node, const char* list, const char* name_key,
                                       const Faults& faults) {
  std::vector<ComponentConfig> components;
  const auto& value = node.json();
  if (!value.is_object() || !value.contains(list) || !value[list].is_array() || faults.at(node.pointer(list))) return components;
  for (const ConfigNode& component : node.list(list)) {
    if (!faults.within(component.pointer())) components.push_back(read_component(document, component, name_key, faults));
  }
  return components;
}

std::vector<ComponentConfig> read_middlewares(const Document& document, const ConfigNode& node, const Faults& faults) {
  return read_list(document, node, "middlewares", "name", faults);
}

RouteConfig read_route(const Document& document, const ConfigNode& node, const Faults& faults) {
  RouteConfig route{node.json().at("match").get<std::string>(),
                    read_component(document, node, "handler", faults),
                    read_middlewares(document, node, faults),
                    node.pointer(),
                    read_list(document, node, "try", "handler", faults),
                    has_text(node, "name", faults) ? node.string("name") : std::string(),
                    std::nullopt};
  if (!node.json().contains("try")) return route;
  route.handler = {{}, std::nullopt, node.pointer("try")};
  for (const ComponentConfig& component : route.tried)
    route.handler.name.append(route.handler.name.empty() ? "" : ", ").append(component.name);
  if (faults.within(node.pointer("try"))) route.tried.clear();
  return route;
}

// Those of `around`, the whole configuration or a group.
std::vector<RouteConfig> read_routes(const Document& document, const ConfigNode& around, const Faults& faults) {
  std::vector<RouteConfig> routes;
  if (faults.at(around.pointer("routes"))) return routes;
  for (const ConfigNode& node : around.list("routes")) {
    if (has_text(node, "match", faults)) routes.push_back(read_route(document, node, faults));
  }
  return routes;
}

void read_groups(const Document& document, const ConfigNode& root, const Faults& faults, ServerConfig& config) {
  for (const ConfigNode& node : root.list("groups")) {
    if (!has_text(node, "prefix", faults)) continue;
    for (RouteConfig& route : read_routes(document, node, faults)) {
      route.match = grouped(node.string("prefix"), route.match);
      route.group = config.groups.size();
      config.routes.push_back(std::move(route));
    }
    config.groups.push_back({node.string("prefix"), read_middlewares(document, node, faults)});
  }
}

LimitsConfig read_limits(const ConfigNode& node) {
  LimitsConfig limits;
  limits.header_bytes = read_size(node, "header_bytes");
  limits.header_count = read_number(node, "header_count");
  limits.target_bytes = read_size(node, "target_bytes");
  limits.body_bytes = node.size("body_bytes");
  limits.connections = read_number(node, "connections");
  limits.connections_per_address = read_number(node, "connections_per_address");
  limits.body_memory = node.size("body_memory");
  limits.requests_per_connection = read_number(node, "requests_per_connection");
  limits.send_buffer_bytes = read_size(node, "send_buffer_bytes");
  return limits;
}

TimeoutsConfig read_timeouts(const ConfigNode& node) {
  TimeoutsConfig timeouts;
  timeouts.header = node.duration("header");
  timeouts.idle = node.duration("idle");
  timeouts.handler = node.duration("handler");
  timeouts.send = node.duration("send");
  timeouts.linger = node.duration("linger");
  timeouts.drain = node.duration("drain");
  timeouts.drain_grace = node.duration("drain_grace");
  timeouts.body_rate = node.size("body_rate");
  timeouts.body_grace = node.duration("body_grace");
  return timeouts;
}

AffinityConfig read_affinity(const ConfigNode& node) {
  const nlohmann::json& value = node.json("affinity");
  AffinityConfig affinity;
  if (!value.is_array()) {
    affinity.mode = value == "auto" ? AffinityConfig::Mode::automatic : AffinityConfig::Mode::none;
    return affinity;
  }
  affinity.mode = AffinityConfig::Mode::list;
  for (const nlohmann::json& cpus : value) {
    const std::string text = cpus.is_string() ? cpus.get<std::string>() : cpus.dump();
    auto parsed = parse_cpu_list(text);
    if (std::holds_alternative<std::string>(parsed)) throw std::logic_error("a list of CPUs was not checked: " + text);
    affinity.cpus.push_back(std::get<CpuList>(std::move(parsed)));
  }
  return affinity;
}

ProxiesConfig read_proxies(const ConfigNode& root) {
  ProxiesConfig proxies;
  for (const std::string& text : root.strings("trusted_proxies")) {
    auto parsed = parse_network(text);
    if (std::holds_alternative<std::string>(parsed)) throw std::logic_error("a network was not checked: " + text);
    proxies.trusted.push_back(std::get<Network>(parsed));
  }
  const ConfigNode forwarded = root.object("forwarded");
  proxies.fields = forwarded.string("fields") == "forwarded" ? ProxiesConfig::Fields::forwarded : ProxiesConfig::Fields::x_forwarded;
  proxies.host = forwarded.boolean("host");
  return proxies;
}

LogLevel read_level(const std::string& name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warning") return LogLevel::warning;
  return name == "error" ? LogLevel::error : LogLevel::off;
}

AccessLogConfig::Format read_access_format(const std::string& name) {
  if (name == "json") return AccessLogConfig::Format::json;
  return name == "terminal" ? AccessLogConfig::Format::terminal : AccessLogConfig::Format::combined;
}

LogConfig read_log(const ConfigNode& node) {
  LogConfig log;
  log.level = read_level(node.string("level"));
  log.file = read_file(node);
  log.format = node.string("format") == "json" ? LogConfig::Format::json : LogConfig::Format::text;
  const ConfigNode access = node.object("access");
  log.access.file = read_file(access);
  log.access.format = read_access_format(access.string("format"));
  return log;
}

}  // namespace

std::shared_ptr<const ServerConfig> server_config(std::shared_ptr<const ConfigNode::Document> document, const Faults& faults) {
  const ConfigNode root(document, document->root, "");
  auto config = std::make_shared<ServerConfig>();
  config->scales = root.has("processes") && root.json("processes").is_object();
  if (config->scales) {
    const ConfigNode scaling = root.object("processes");
    config->processes = static_cast<unsigned>(read_number(scaling, "min"));
    config->most_processes = read_count(scaling, "max");
  } else {
    config->processes = read_count(root, "processes");
  }
  config->threads = read_count(root, "threads");
  read_addresses(document, root, document->folder, faults, *config);
  config->routes = read_routes(document, root, faults);
  read_groups(document, root, faults, *config);
  config->middlewares = read_middlewares(document, root, faults);
  config->limits = read_limits(root.object("limits"));
  config->timeouts = read_timeouts(root.object("timeouts"));
  const ConfigNode blocking = root.object("blocking");
  config->blocking = {read_number(blocking, "threads"), read_number(blocking, "queue"), blocking.duration("wait"),
                      blocking.duration("take_over")};
  const ConfigNode stall = root.object("stall");
  config->stall = {stall.duration("warn"), stall.duration("rescue"), stall.duration("kill")};
  const ConfigNode recycle = root.object("recycle");
  config->recycle = {read_number(recycle, "requests"), recycle.size("memory"), recycle.duration("age")};
  const ConfigNode shared = root.object("shared");
  config->shared = {read_number(shared, "counters"), read_number(shared, "rate_limits"), read_size(shared, "cache_bytes"),
                    read_size(shared, "bus_bytes")};
  const ConfigNode canary = root.object("canary");
  config->canary = {static_cast<unsigned>(read_number(canary, "percent")), static_cast<unsigned>(read_number(canary, "slower")),
                    canary.duration("duration"), canary.duration("start")};
  const ConfigNode quarantine = root.object("quarantine");
  config->quarantine = {read_number(quarantine, "crashes"), quarantine.duration("window"), quarantine.duration("release")};
  config->user = read_name_or_number(root, "user");
  config->group = read_name_or_number(root, "group");
  config->affinity = read_affinity(root);
  config->keeper = root.boolean("keeper");
  config->development = root.boolean("development");
  const auto& pid_file = root.json("pid_file").get_ref<const std::string&>();
  config->pid_file = pid_file.empty() ? pid_file : root.path("pid_file");
  const auto& control = root.json("control").get_ref<const std::string&>();
  config->control = control.empty() || control == "auto" ? control : root.path("control");
  config->log = read_log(root.object("log"));
  config->proxies = read_proxies(root);
  const std::string slashes = root.string("repeated_slashes");
  config->repeated_slashes = slashes == "merge"    ? RepeatedSlashes::merge
                             : slashes == "refuse" ? RepeatedSlashes::refuse
                                                   : RepeatedSlashes::keep;
  config->server_name = root.string("server_name");
  return config;
}

}  // namespace ropeway::config
