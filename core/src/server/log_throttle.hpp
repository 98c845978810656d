#pragma once

#include <atomic>
#include <cstdint>

#include "core/src/server/system_clock.hpp"

namespace ropeway::server {

/// Bounds the log lines that peers can cause: at most `lines_per_second` of them, whoever causes them. Thread-safe.
class LogThrottle {
 public:
  static constexpr std::uint32_t lines_per_second = 20;

  /// Whether a line may be written now.
  [[nodiscard]] bool allow() noexcept {
    const std::int64_t second = coarse_steady_time().count() / 1000;
    if (second_.exchange(second, std::memory_order_relaxed) != second) lines_.store(0, std::memory_order_relaxed);
    return lines_.fetch_add(1, std::memory_order_relaxed) < lines_per_second;
  }

 private:
  std::atomic<std::int64_t> second_{0};
  std::atomic<std::uint32_t> lines_{0};
};

}  // namespace ropeway::server
