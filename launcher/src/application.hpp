#pragma once

#include <memory>

#include <ropeway/launch.hpp>

#include "core/src/config/loader.hpp"
#include "core/src/module/registry.hpp"
#include "core/src/routing/site.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// Everything that a program can answer with: the built-in handlers and its own. Made in each worker, for `check` and for `schema`;
/// never in the supervisor. Immutable once made.
class Application {
 public:
  /// Throws what `register_handlers` throws.
  explicit Application(const Register& register_handlers);

  [[nodiscard]] const config::Catalogue& catalogue() const noexcept { return catalogue_; }
  [[nodiscard]] config::Loaded load(const ConfigSource& source) const;
  /// Constructs the handlers and middlewares of a configuration, except those whose options have a mistake already (`Loaded::sound`).
  /// Adds every mistake that constructors and patterns find to `mistakes`; gives a site where there is none
  /// and nothing was left out.
  [[nodiscard]] std::unique_ptr<const routing::Site> make_site(const config::ServerConfig& config, Services& services,
                                                               std::vector<ConfigError>& mistakes) const;

 private:
  [[nodiscard]] std::shared_ptr<const Middleware> make_middleware(const config::ComponentConfig& component, Services& services) const;
  module::NamedRegistry registry_;
  config::Catalogue catalogue_;
};

}  // namespace ropeway::launcher
