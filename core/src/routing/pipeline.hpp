#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <ropeway/logger.hpp>
#include <ropeway/middleware.hpp>

#include "core/src/routing/endpoint.hpp"
#include "core/src/routing/failure.hpp"

namespace ropeway::routing {

/// Middlewares, outermost first, and the endpoint behind them. It starts at the head of a request: an outer middleware can refuse a body
/// before it is sent. Where the endpoint wants a complete request, the body is read when the chain has come that far.
class Pipeline final : public Endpoint {
 public:
  /// `middlewares` must not be empty: a route without any has its endpoint alone. `logger` outlives the pipeline.
  Pipeline(std::vector<std::shared_ptr<const Middleware>> middlewares, std::unique_ptr<Endpoint> endpoint, Logger& logger, Origin origin);
  [[nodiscard]] Reply serve(Request& request) const override;
  [[nodiscard]] bool starts_at_head() const noexcept override { return true; }

 private:
  [[nodiscard]] static awaitable<Response> run(const void* chain, std::size_t position, Request& request);

  std::vector<std::shared_ptr<const Middleware>> middlewares_;
  std::unique_ptr<Endpoint> endpoint_;
  Logger& logger_;
  Origin origin_;
};

}  // namespace ropeway::routing
