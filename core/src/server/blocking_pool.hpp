#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <ropeway/services.hpp>

#include "core/src/observability/thread_slot.hpp"

namespace ropeway::server {

/// The bounded pool behind `Services::blocking_pool`. Threads start when work finds none idle, up to `threads`, and stay. Thread-safe.
class BoundedBlockingPool final : public BlockingPool {
 public:
  /// `queue`: how much work may wait for a thread. `slots`: the threads' in the scoreboard; those beyond them have none.
  BoundedBlockingPool(std::size_t threads, std::size_t queue, std::span<observability::ThreadSlot> slots = {})
      : max_threads_(threads), max_waiting_(queue), slots_(slots) {}
  /// Waits for the work that runs; work that waits is dropped. The event loops whose coroutines await work must outlive this or `join`: a
  /// thread of the pool may still be inside the call that woke them.
  ~BoundedBlockingPool() override { join(); }
  BoundedBlockingPool(const BoundedBlockingPool&) = delete;
  BoundedBlockingPool& operator=(const BoundedBlockingPool&) = delete;

  void join() noexcept;

 private:
  using Task = std::function<void()>;
  [[nodiscard]] awaitable<void> run_erased(std::function<void()> work) override;
  [[nodiscard]] bool submit(Task task);
  void serve() noexcept;

  const std::size_t max_threads_;
  const std::size_t max_waiting_;
  const std::span<observability::ThreadSlot> slots_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> waiting_;
  std::vector<std::thread> threads_;
  std::size_t busy_ = 0;
  bool closed_ = false;
};

}  // namespace ropeway::server
