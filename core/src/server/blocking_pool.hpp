#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
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
  struct Limits {
    std::size_t threads = 1;
    std::size_t queue = 1;              // how much work may wait for a thread
    std::chrono::milliseconds wait{0};  // how long; 0: as long as it takes
    std::chrono::milliseconds take_over{0};
  };
  /// `slots`: the threads' in the scoreboard; those beyond them have none.
  explicit BoundedBlockingPool(const Limits& limits, std::span<observability::ThreadSlot> slots = {}) : limits_(limits), slots_(slots) {}
  /// Waits for the work that runs; work that waits is dropped. The event loops whose coroutines await work must outlive this or `join`: a
  /// thread of the pool may still be inside the call that woke them.
  ~BoundedBlockingPool() override { join(); }
  BoundedBlockingPool(const BoundedBlockingPool&) = delete;
  BoundedBlockingPool& operator=(const BoundedBlockingPool&) = delete;

  [[nodiscard]] std::chrono::milliseconds take_over() const noexcept override { return limits_.take_over; }
  void join() noexcept;
  /// Refuses the work that has waited for longer than `Limits::wait`. To be called a few times a second (`now` is of `coarse_steady_time`): where
  /// all threads are held, nobody else looks.
  void refuse_late(std::chrono::milliseconds now);

 private:
  /// Is called once: without an error to do the work, or with the reason why it is not done.
  using Task = std::function<void(std::exception_ptr)>;
  struct Waiting {
    Task task;
    std::chrono::milliseconds since;
  };
  [[nodiscard]] awaitable<void> run_erased(std::function<void()> work) override;
  [[nodiscard]] bool submit(Task task);
  [[nodiscard]] std::chrono::seconds retry_after();
  [[nodiscard]] bool is_late(const Waiting& waiting, std::chrono::milliseconds now) const noexcept;
  void serve() noexcept;

  const Limits limits_;
  const std::span<observability::ThreadSlot> slots_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  std::vector<std::thread> threads_;
  std::size_t busy_ = 0;
  bool closed_ = false;
};

}  // namespace ropeway::server
