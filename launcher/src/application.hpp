#pragma once

#include <memory>

#include <ropeway/launch.hpp>

#include "core/src/config/loader.hpp"
#include "core/src/module/registry.hpp"
#include "core/src/routing/site.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// The environment of this process.
[[nodiscard]] const config::Environment& process_environment();

/// A configuration read by whoever has no handlers and loads no modules: their names and options are taken as they are.
[[nodiscard]] config::Loaded load_outline(const ConfigSource& source);

/// Everything that a program can answer with: the built-in handlers, its own, and those of the modules that a configuration names. Made in
/// each worker, for `check` and for other commands that read a configuration; never in the supervisor. Immutable once made.
class Application {
 public:
  /// Without modules. Throws what `register_handlers` throws.
  explicit Application(const Register& register_handlers);
  /// Loads the modules of `source`, too. Mistakes in them are kept for `load`.
  Application(const Register& register_handlers, const ConfigSource& source,
              const config::Environment& environment = process_environment());

  [[nodiscard]] const config::Catalogue& catalogue() const noexcept { return catalogue_; }
  /// Those in modules.
  [[nodiscard]] const std::vector<config::Diagnostic>& mistakes() const noexcept { return mistakes_; }
  /// The configuration that this was made with, or another one that shall do with what it has. Where modules could not be loaded, that is among the mistakes; what
  /// they might have is none, then.
  [[nodiscard]] config::Loaded load(const ConfigSource& source, const config::Environment& environment = process_environment()) const;
  /// Constructs the handlers and middlewares of a configuration, except those whose options have a mistake already (`Loaded::sound`).
  /// Adds every mistake that constructors and patterns find to `mistakes`; gives a site where there is none
  /// and nothing was left out.
  [[nodiscard]] std::unique_ptr<const routing::Site> make_site(const config::ServerConfig& config, Services& services,
                                                               std::vector<ConfigError>& mistakes) const;

 private:
  [[nodiscard]] std::shared_ptr<const Middleware> make_middleware(const config::ComponentConfig& component, Services& services) const;
  void list_names();
  module::NamedRegistry registry_;
  config::Catalogue catalogue_;               // open where there are mistakes
  bool has_own_ = false;                      // handlers or middlewares besides the built-in ones
  std::vector<config::Diagnostic> mistakes_;  // in modules
};

}  // namespace ropeway::launcher
