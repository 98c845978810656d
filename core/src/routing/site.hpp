#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>

#include "core/src/routing/endpoint.hpp"
#include "core/src/routing/router.hpp"

namespace ropeway::routing {

/// A route as it is given to a site.
struct RouteDefinition {
  std::string match;  // "GET /hello/{name}"
  std::string name;   // of the handler, for logs and the scoreboard
  AnyHandler handler;
  std::vector<std::shared_ptr<const Middleware>> middlewares;  // outermost first
  std::string pointer;  // of the route in the configuration
};

/// Everything that answers: routes, their pipelines, and error responses. Immutable once built; many threads use it at once.
/// Exceptions of handlers and middlewares become responses here, and only here.
class Site {
 public:
  /// Throws `ConfigError` (with the route's pointer) for a malformed pattern and for two that conflict.
  Site(std::vector<RouteDefinition> routes, Services& services);
  ~Site();

  /// Which route answers, found from the request's head; sets path parameters.
  struct Match {
    const Endpoint* endpoint = nullptr;  // nullptr: 404 or 405
    std::string_view route;              // its `match`, for logs; "" where there is none
    std::string_view handler;            // its name
    std::string_view allow;              // methods that the path has, where the method is the reason: 405, or an automatic OPTIONS
    [[nodiscard]] bool starts_at_head() const noexcept { return endpoint != nullptr && endpoint->starts_at_head(); }
  };
  [[nodiscard]] Match find(Request& request) const;

  /// Runs what `find` found. Never throws; an exception is logged and becomes an error response.
  [[nodiscard]] Reply serve(Request& request, const Match& match) const noexcept;

 private:
  struct Route;
  Services& services_;
  Router router_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace ropeway::routing
