#pragma once

#include <memory>

#include "core/src/routing/endpoint.hpp"

namespace ropeway::routing {

/// The end of a route whose handler runs in a child for each request. The request goes there as one message, the response comes back as
/// another, and content that is large or slow as it is made.
class IsolatedEndpoint final : public Endpoint {
 public:
  /// The views of `origin` outlive it.
  IsolatedEndpoint(std::unique_ptr<IsolatedHandler> handler, Services& services, Origin origin);
  [[nodiscard]] Reply serve(Request& request) const override { return ask(request); }
  /// It reads the body itself: only so can it see that the client has gone.
  [[nodiscard]] bool starts_at_head() const noexcept override { return true; }

 private:
  [[nodiscard]] awaitable<Response> ask(Request& request) const;

  std::unique_ptr<IsolatedHandler> handler_;
  std::shared_ptr<ChildPool> pool_;
};

}  // namespace ropeway::routing
