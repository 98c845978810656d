#pragma once

#include <atomic>

#include <ropeway/clock.hpp>

namespace ropeway::testing {

/// A clock that stands still until a test moves it. Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(
      std::chrono::system_clock::time_point start = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)))
      : start_(start) {}
  [[nodiscard]] std::chrono::system_clock::time_point now() const noexcept override {
    return start_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(elapsed_.load()));
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(elapsed_.load()));
  }
  void advance(std::chrono::nanoseconds by) noexcept { elapsed_ += by.count(); }

 private:
  std::chrono::system_clock::time_point start_;
  std::atomic<std::int64_t> elapsed_{0};
};

}  // namespace ropeway::testing
