#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/bus.hpp>
#include <ropeway/cache.hpp>
#include <ropeway/child_process.hpp>
#include <ropeway/clock.hpp>
#include <ropeway/counters.hpp>
#include <ropeway/jobs.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/rate_limits.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/upstream.hpp>
#include <ropeway/url.hpp>

namespace ropeway {

/// The process's bounded pool of threads for work that blocks (`blocking.threads`, `blocking.queue`, `blocking.wait`). Thread-safe.
class BlockingPool {
 public:
  virtual ~BlockingPool() = default;

  /// Runs `work` on a thread of the pool while the coroutine waits, and gives what it returns or throws what it throws.
  /// Throws `HttpError` 503, with `Retry-After`, when the queue is full, and when no thread became free for it in time (`blocking.wait`).
  template <class Work>
  [[nodiscard]] awaitable<std::invoke_result_t<Work&>> run(Work work) {
    using Result = std::invoke_result_t<Work&>;
    if constexpr (std::is_void_v<Result>) {
      co_await run_erased([&work] { work(); });
    } else {
      std::optional<Result> result;
      co_await run_erased([&work, &result] { result.emplace(work()); });
      co_return std::move(*result);
    }
  }
  /// How long a `Handler` may have held its event loop before it runs here as well (`blocking.take_over`); 0: however long.
  [[nodiscard]] virtual std::chrono::milliseconds take_over() const noexcept { return std::chrono::milliseconds(0); }

 private:
  /// `work` outlives the coroutine that this gives.
  [[nodiscard]] virtual awaitable<void> run_erased(std::function<void()> work) = 0;
};

/// What a handler may reach. It outlives every handler of the process; all of it is thread-safe.
class Services {
 public:
  virtual ~Services() = default;
  [[nodiscard]] virtual Logger& logger() noexcept = 0;
  [[nodiscard]] virtual const Clock& clock() const noexcept = 0;
  [[nodiscard]] virtual BlockingPool& blocking_pool() noexcept = 0;
  /// Whether the server wants new work: false once the whole of it has been told to end, also while it still serves (`timeouts.drain_grace`).
  /// A worker that ends alone changes nothing, since others serve in its place.
  [[nodiscard]] virtual bool ready() const noexcept = 0;
  /// To be asked for pools by constructors alone.
  [[nodiscard]] virtual ChildProcesses& child_processes() noexcept = 0;
  /// To be asked for groups by constructors alone.
  [[nodiscard]] virtual Upstreams& upstreams() noexcept = 0;
  /// What all workers of this server have in common.
  [[nodiscard]] virtual Counters& counters() noexcept = 0;
  [[nodiscard]] virtual RateLimits& rate_limits() noexcept = 0;
  [[nodiscard]] virtual Cache& cache() noexcept = 0;
  [[nodiscard]] virtual Bus& bus() noexcept = 0;
  [[nodiscard]] virtual Jobs& jobs() noexcept = 0;
  /// What this server answers to a GET of `target` (a path, perhaps with a query) in the place of `request`: same client, same fields, without
  /// content; routes and middlewares as for any other request. The client learns nothing of it. Errors are responses; throws `HttpError`
  /// where that has been done ten times for one request, or `target` is no path, and `ConnectionLost`.
  [[nodiscard]] virtual awaitable<Response> get(Request& request, std::string target) = 0;
  /// The path that leads to the route with that `name` in the configuration, with `parameters` in the places of its path parameters; those that
  /// the path has no place for make a query, in their order. Everything is percent-encoded: `url("user", {{"id", 42}, {"tab", "a&b"}})` is
  /// "/users/42?tab=a%26b". Throws `std::invalid_argument` where there is no such route, where a path parameter has no value, and where
  /// its value could not come back from the path: empty, ".", "..", or with a "/" where it stands for one segment. Not for constructors.
  [[nodiscard]] virtual std::string url(std::string_view name, const std::vector<UrlParameter>& parameters = {}) const = 0;
};

}  // namespace ropeway
