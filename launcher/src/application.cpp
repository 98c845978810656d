#include "launcher/src/application.hpp"

#include <cstdlib>
#include <system_error>
#include <utility>

#include "core/src/config/module_list.hpp"
#include "core/src/module/module_loader.hpp"
#include "core/src/routing/router.hpp"
#include "handlers/builtin.hpp"
#include "launcher/src/development.hpp"

namespace ropeway::launcher {
namespace {

// The machine is short of something that it may have again later: no mistake of the configuration.
bool is_shortage(const std::error_code& error) {
  for (const auto known : {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system, std::errc::not_enough_memory}) {
    if (error == known) return true;
  }
  return false;
}

// Runs a constructor of a handler; what it throws becomes a mistake with a place in the file.
template <class Make>
auto construct(const config::ComponentConfig& component, Make make) {
  try {
    return make(*component.options);
  } catch (const ConfigError&) { throw; } catch (const std::exception& error) {
    const auto* system = dynamic_cast<const std::system_error*>(&error);
    if (system != nullptr && is_shortage(system->code())) throw;
    throw ConfigError(component.pointer, "\"" + component.name + "\" could not be started: " + error.what());
  }
}

// The loader knows the names, so this happens only where an application is used with a configuration of another one.
ConfigError unknown(const config::ComponentConfig& component) {
  return {component.pointer, "this program has no \"" + component.name + "\""};
}

}  // namespace

const config::Environment& process_environment() {
  static const config::Environment environment = [](const char* name) -> const char* { return std::getenv(name); };
  return environment;
}

config::Loaded load_outline(const ConfigSource& source) {
  return config::load(source.text, source.file, {{}, {}, {}, true}, process_environment());
}

Application::Application(const Register& register_handlers) {
  registry_.set_origin("Ropeway itself");
  handlers::enrol_builtin(registry_);
  registry_.set_origin("this program");
  const auto names = [this] { return registry_.handlers().size() + registry_.middlewares().size() + registry_.stream_handlers().size(); };
  const std::size_t built_in = names();
  if (register_handlers) register_handlers(registry_);
  has_own_ = names() != built_in;
  list_names();
}

Application::Application(const Register& register_handlers, const ConfigSource& source, const config::Environment& environment)
    : Application(register_handlers) {
  const config::ModuleList list = config::modules_of(source.text, source.file, environment);
  if (list.modules.empty()) return;
  for (const ConfigError& mistake : module::load_modules(list.modules, registry_)) {
    if (list.from_environment) {
      const std::string variable = config::variable_name(mistake.pointer().substr(0, mistake.pointer().rfind('/')));
      mistakes_.push_back({"environment", 0, 0, mistake.pointer(), variable + ": " + mistake.what(), {}});
    } else {
      mistakes_.push_back(config::locate(mistake, source.text, source.file));
    }
  }
  has_own_ = true;
  list_names();
  catalogue_.open = !mistakes_.empty();
}

void Application::list_names() {
  catalogue_ = {};
  if (!has_own_) {
    catalogue_.hint =
        "this program has the built-in ones alone, as `schema --markdown` lists them; others come from a module (\"modules\"), or from a "
        "program of your own, which runs and checks its configuration itself";
  }
  for (const auto& [name, entry] : registry_.handlers()) catalogue_.handlers.push_back({name, entry.settings});
  for (const auto& [name, entry] : registry_.middlewares()) catalogue_.middlewares.push_back({name, entry.settings});
  for (const auto& [name, entry] : registry_.stream_handlers()) catalogue_.stream_handlers.push_back({name, entry.settings});
}

config::Loaded Application::load(const ConfigSource& source, const config::Environment& environment) const {
  config::Loaded loaded = config::load(source.text, source.file, catalogue_, environment);
  if (mistakes_.empty()) return loaded;
  if (loaded.config != nullptr) loaded.sound = std::exchange(loaded.config, nullptr);
  loaded.document = nullptr;
  loaded.diagnostics.insert(loaded.diagnostics.end(), mistakes_.begin(), mistakes_.end());
  return loaded;
}

std::shared_ptr<const Middleware> Application::make_middleware(const config::ComponentConfig& component, Services& services) const {
  const auto* entry = registry_.find_middleware(component.name);
  if (entry == nullptr) throw unknown(component);
  return construct(component, [&](const ConfigNode& options) { return entry->make(options, services); });
}

std::unique_ptr<const routing::Site> Application::make_site(const config::ServerConfig& config, Services& services,
                                                            std::vector<ConfigError>& mistakes) const {
  const auto collect = [&mistakes](auto step) {
    try {
      step();
    } catch (const ConfigErrors& errors) {
      mistakes.insert(mistakes.end(), errors.all().begin(), errors.all().end());
    } catch (const ConfigError& error) { mistakes.push_back(error); }
  };
  using Middlewares = std::vector<std::shared_ptr<const Middleware>>;
  const auto add_middlewares = [&](const std::vector<config::ComponentConfig>& components, Middlewares& middlewares) {
    for (const auto& component : components) {
      if (catalogue_.open && registry_.find_middleware(component.name) == nullptr) continue;
      collect([&] { middlewares.push_back(make_middleware(component, services)); });
    }
  };
  Middlewares everywhere;
  add_middlewares(config.middlewares, everywhere);
  std::vector<Middlewares> of_groups(config.groups.size(), everywhere);  // routes share those of their group
  for (std::size_t i = 0; i < of_groups.size(); ++i) add_middlewares(config.groups[i].middlewares, of_groups[i]);
  const auto built_in = [&](const auto* entry) {
    return entry->make(ConfigNode::from_json(R"({"instance": ")" + instance() + "\"}", entry->settings), services);
  };
  std::shared_ptr<const Middleware> live_pages;
  if (config.development) live_pages = built_in(registry_.find_middleware(live_reload));
  std::vector<routing::RouteDefinition> routes;
  std::vector<routing::PatternSource> patterns;
  bool complete = true;
  for (const auto& route : config.routes) {
    routing::RouteDefinition definition{route.match,   route.handler.name, {}, route.group ? of_groups[*route.group] : everywhere,
                                        route.pointer, route.name,         {}};
    patterns.push_back({route.match, route.pointer + "/match"});
    const auto make = [&](const config::ComponentConfig& component, AnyHandler& handler) {
      const auto* entry = registry_.find_handler(component.name);
      const bool is_left_out = !component.options || (catalogue_.open && entry == nullptr);
      if (is_left_out) complete = false;
      collect([&] {
        if (is_left_out) return;
        if (entry == nullptr) throw unknown(component);
        handler = construct(component, [&](const ConfigNode& options) { return entry->make(options, services); });
      });
    };
    if (route.tried.empty()) make(route.handler, definition.handler);
    for (const config::ComponentConfig& component : route.tried) {
      make(component, definition.tried.emplace_back(routing::NamedHandler{component.name, {}}).handler);
    }
    add_middlewares(route.middlewares, definition.middlewares);
    if (config.development) definition.middlewares.push_back(live_pages);
    routes.push_back(std::move(definition));
  }
  if (config.development) {
    routes.push_back({live_reload_match, live_reload, built_in(registry_.find_handler(live_reload)), {}, "/development", {}, {}});
    tell_clients_of_failures();
  }
  std::vector<routing::StreamDefinition> streams;
  for (const auto& [component, address] : config.streams) {
    const auto* entry = registry_.find_stream_handler(component.name);
    if (!component.options || (catalogue_.open && entry == nullptr)) {
      complete = false;
      continue;
    }
    collect([&] {
      if (entry == nullptr) throw unknown(component);
      streams.push_back(
          {component.name, address, construct(component, [&](const ConfigNode& options) { return entry->make(options, services); })});
    });
  }
  if (mistakes.empty() && complete) {
    try {
      return std::make_unique<const routing::Site>(std::move(routes), services, std::move(streams));
    } catch (const ConfigError&) {}  // of a pattern: found again below, with all others
  }
  for (ConfigError& mistake : routing::mistakes_of(patterns)) mistakes.push_back(std::move(mistake));
  return nullptr;
}

}  // namespace ropeway::launcher
