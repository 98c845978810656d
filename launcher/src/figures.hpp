#pragma once

#include <chrono>
#include <cstdint>

namespace ropeway::launcher {

/// Figures as the log and the control socket write them.
inline std::int64_t field(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }
inline std::int64_t microseconds(std::chrono::nanoseconds time) noexcept { return time.count() / 1000; }
inline std::chrono::milliseconds milliseconds_of(std::chrono::steady_clock::time_point time) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
}

}  // namespace ropeway::launcher
