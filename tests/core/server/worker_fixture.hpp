#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <ropeway/handler.hpp>

#include "core/src/observability/log_sink.hpp"
#include "core/src/observability/scoreboard.hpp"
#include "core/src/routing/site.hpp"
#include "core/src/server/worker.hpp"
#include "tests/support/raw_client.hpp"

namespace ropeway::server {

/// A worker inside the test, on a free port of the loopback interface, with short deadlines where a test asks for them.
class WorkerFixture {
 public:
  using Change = std::function<void(WorkerOptions&)>;
  WorkerFixture(std::vector<routing::RouteDefinition> routes, unsigned threads = 1, const Change& change = {});
  ~WorkerFixture();
  WorkerFixture(const WorkerFixture&) = delete;
  WorkerFixture& operator=(const WorkerFixture&) = delete;

  [[nodiscard]] testing::RawClient connect() const { return testing::RawClient(testing::SocketAddress::tcp("127.0.0.1", port_)); }
  [[nodiscard]] Worker& worker() noexcept { return *worker_; }
  [[nodiscard]] const observability::WorkerRow& row() const noexcept { return scoreboard_[0]; }
  [[nodiscard]] observability::WorkerTotals totals() const noexcept { return scoreboard_.totals(0); }
  [[nodiscard]] observability::LatencySum latency(std::size_t route) const noexcept { return scoreboard_.latency(0, route); }
  /// Waits until the worker has ended by itself; says whether it answered everything.
  [[nodiscard]] bool wait_for_end();

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  observability::Scoreboard scoreboard_;
  std::unique_ptr<observability::LogSink> log_;
  std::unique_ptr<Worker> worker_;
  bool answered_all_ = false;
  std::thread thread_;
};

/// A route whose handler is made from a function.
[[nodiscard]] routing::RouteDefinition route(std::string match, std::function<Response(const Request&)> function);
[[nodiscard]] routing::RouteDefinition async_route(std::string match, std::function<awaitable<Response>(Request&)> function);
[[nodiscard]] routing::RouteDefinition blocking_route(std::string match, std::function<Response(const Request&)> function);

/// Routes of which each can only be moved.
template <class... Route>
[[nodiscard]] std::vector<routing::RouteDefinition> routes(Route... route) {
  std::vector<routing::RouteDefinition> result;
  (result.push_back(std::move(route)), ...);
  return result;
}

}  // namespace ropeway::server
