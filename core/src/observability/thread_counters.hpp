#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ropeway::observability {

/// What an I/O thread has counted since its worker started. One thread writes, in a cache line of its own and without a lock; any process
/// reads at any time and adds up: a request may be begun by one thread and ended by another.
struct alignas(64) ThreadCounters {
  using Counter = std::atomic<std::uint64_t>;
  static void increment(Counter& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  Counter begun;          // requests
  Counter ended;          // of them, answered or not
  Counter answered;       // of them
  Counter server_errors;  // of these, with a status of 500 and above
  /// Which routes have counted anything: a reader leaves the memory of the others alone.
  static constexpr std::size_t words = 4;
  std::array<std::atomic<std::uint64_t>, words> used;
};

/// Routes that have counters of their own; those beyond share the ones behind them.
inline constexpr std::size_t most_counted_routes = ThreadCounters::words * 64 - 1;

}  // namespace ropeway::observability
