#pragma once

#include <chrono>

namespace ropeway {

/// Where time comes from. Thread-safe. Tests put a `testing::FakeClock` in its place.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Calendar time, for `Date`, logs and validators.
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() const noexcept = 0;
  /// Time that never jumps, for deadlines and durations.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const noexcept = 0;
  /// The same to within some milliseconds, for a fifth of the price.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point coarse_steady_now() const noexcept { return steady_now(); }
};

}  // namespace ropeway
