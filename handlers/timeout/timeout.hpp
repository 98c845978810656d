#pragma once

#include <chrono>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::handlers {

/// Gives a route less time for its answer than `timeouts.handler` does for all: past `time`, the server answers 503 in the handler's place, and the
/// handler's `Request::stop_token` is asked to stop (see `Request::limit_time`). What reading the content takes does not count.
class Timeout final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit Timeout(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::chrono::milliseconds time_;
};

}  // namespace ropeway::handlers
