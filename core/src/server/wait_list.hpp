#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include <asio/steady_timer.hpp>

#include <ropeway/awaitable.hpp>

namespace ropeway::server {

/// Coroutines that wait for something to happen, each with an end of its patience. Thread-safe. Ask for a ticket, look whether there is
/// anything, and if not, wait with that ticket: what happens between is not missed.
class WaitList {
 public:
  static constexpr std::chrono::nanoseconds for_ever = std::chrono::nanoseconds::max();

  [[nodiscard]] std::uint64_t ticket() const noexcept { return happened_.load(std::memory_order_acquire); }
  /// Returns when something has happened since the ticket was given, the list was closed, or `patience` is over.
  [[nodiscard]] awaitable<void> wait(std::uint64_t ticket, std::chrono::nanoseconds patience);
  /// Something has happened.
  void wake_all() noexcept;
  /// Wakes all; nobody waits from then on.
  void close() noexcept;
  [[nodiscard]] bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
  };
  std::mutex mutex_;
  std::list<std::shared_ptr<Waiter>> waiting_;
  std::atomic<std::uint64_t> happened_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace ropeway::server
