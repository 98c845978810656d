#pragma once

#include <chrono>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/counters.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>

#include "handlers/concurrency/turnstile.hpp"

namespace ropeway::handlers {

/// Bounds how many requests a route works on at once, in each worker: a route whose handlers block then leaves threads of the pool to the others.
///
/// Up to `queue` further requests wait for one to be answered, in their order, for `wait` at most, and take no thread meanwhile. Past either, the
/// answer is 503 with `Retry-After`. A place is held until the handler has answered; of a stream, until it begins. The counter `concurrency.refused`
/// counts what all such middlewares have refused.
class Concurrency final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  Concurrency(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  Turnstile turnstile_;
  Counter refused_;
  std::chrono::milliseconds wait_;
  std::string retry_after_;
};

}  // namespace ropeway::handlers
