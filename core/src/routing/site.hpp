#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>
#include <ropeway/stream.hpp>

#include "core/src/routing/endpoint.hpp"
#include "core/src/routing/router.hpp"
#include "core/src/routing/url_builder.hpp"

namespace ropeway::routing {

/// One of several handlers of a route.
struct NamedHandler {
  std::string name;
  AnyHandler handler;
};

/// A route as it is given to a site.
struct RouteDefinition {
  std::string match;  // "GET /hello/{name}"
  std::string name;   // of the handler, for logs and the scoreboard
  AnyHandler handler;
  std::vector<std::shared_ptr<const Middleware>> middlewares;  // outermost first
  std::string pointer;                                         // of the route in the configuration
  std::string label;                                           // its own name, for URLs; empty where it has none
  std::vector<NamedHandler> tried;                             // in the place of `handler`: the first that has an answer
};

/// An address with a protocol of its own.
struct StreamDefinition {
  std::string name;   // of the handler, for logs and the scoreboard
  std::string place;  // the address, as it is written
  std::unique_ptr<StreamHandler> handler;
};

/// Everything that answers: routes, their pipelines, and error responses. Immutable once built; many threads use it at once.
/// Exceptions of handlers and middlewares become responses in this layer, and only here (failure.cpp).
class Site {
 public:
  /// Throws `ConfigError` (with the route's pointer) for a malformed pattern and for two that conflict, and for two of one name. `services` outlives the site.
  explicit Site(std::vector<RouteDefinition> routes, Services& services, std::vector<StreamDefinition> streams = {});
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Which route answers, found from the request's head; sets path parameters. The views belong to the site.
  struct Match {
    const Endpoint* endpoint = nullptr;  // nullptr: 404, 405, or an automatic OPTIONS
    std::string_view route;              // its `match`, for logs; "" where there is none
    std::string_view handler;            // its name
    std::uint32_t number = UINT32_MAX;   // of the route in the configuration
    MethodSet allowed = 0;               // methods that the path has, where the method is the reason: 405, or an automatic OPTIONS
    [[nodiscard]] bool starts_at_head() const noexcept { return endpoint != nullptr && endpoint->starts_at_head(); }
  };
  [[nodiscard]] Match find(Request& request) const;

  /// Runs what `find` found, or answers 404, 405 or OPTIONS. Never throws; an exception is logged and becomes an error response. A reply
  /// that is an awaitable throws nothing either, but for `ConnectionLost`: then there is nobody to answer, and nothing is to be sent.
  [[nodiscard]] Reply serve(Request& request, const Match& match) const noexcept;

  /// See `Services::get`.
  [[nodiscard]] awaitable<Response> get(Request& original, std::string target) const;

  /// See `Services::url`.
  [[nodiscard]] std::string url(std::string_view name, const std::vector<UrlParameter>& parameters) const {
    return urls_.url(name, parameters);
  }

  struct Stream : StreamDefinition {
    std::uint32_t number;  // behind those of the routes
  };
  /// Of the address that is the `index`th of those with a protocol of their own.
  [[nodiscard]] const Stream& stream(std::size_t index) const { return streams_.at(index); }

  /// Adds to the `Allow` of a handler the methods that other routes have for the same path (RFC 9110 §10.2.1): it knows only its own.
  void complete_allow(const Request& request, Response& response) const;

 private:
  struct Route;
  void find_preflight(Request& request, Match& match) const;
  [[nodiscard]] Response unmatched(const Request& request, const Match& match) const;

  Services& services_;
  Router router_;
  UrlBuilder urls_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<Stream> streams_;
};

}  // namespace ropeway::routing
