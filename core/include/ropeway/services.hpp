#pragma once

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <ropeway/awaitable.hpp>
#include <ropeway/child_process.hpp>
#include <ropeway/clock.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

namespace ropeway {

/// The process's bounded pool of threads for work that blocks (`blocking.threads`, `blocking.queue`). Thread-safe.
class BlockingPool {
 public:
  virtual ~BlockingPool() = default;

  /// Runs `work` on a thread of the pool while the coroutine waits, and gives what it returns or throws what it throws.
  /// Throws `HttpError` 503 when the queue is full.
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
  /// What this server answers to a GET of `target` (a path, perhaps with a query) in the place of `request`: same client, same fields, without
  /// content; routes and middlewares as for any other request. The client learns nothing of it. Errors are responses; throws `HttpError`
  /// where that has been done ten times for one request, or `target` is no path, and `ConnectionLost`.
  [[nodiscard]] virtual awaitable<Response> get(Request& request, std::string target) = 0;
};

}  // namespace ropeway
