#pragma once

#include <memory>

#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>

#include "core/src/routing/failure.hpp"
#include "core/src/routing/reply.hpp"

namespace ropeway::routing {

/// What stands at the end of a route, whatever kind of handler it holds. Many threads call `serve` at once.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// May throw what the handler throws. `request` outlives the reply.
  [[nodiscard]] virtual Reply serve(Request& request) const = 0;
  /// Whether it begins at the head of the request and reads the body itself; otherwise the body is complete before `serve`.
  [[nodiscard]] virtual bool starts_at_head() const noexcept { return false; }
  /// Whether the body is of any use to it; otherwise it is read and dropped.
  [[nodiscard]] virtual bool uses_body() const noexcept { return true; }
};

/// Wraps a handler of any kind. A `BlockingHandler`, and a `Handler` that says so of a request, runs on `services.blocking_pool()`; an
/// `IsolatedHandler` in children of `services.child_processes()`. The views of `origin` outlive the endpoint.
[[nodiscard]] std::unique_ptr<Endpoint> make_endpoint(AnyHandler handler, Services& services, Origin origin);

}  // namespace ropeway::routing
