#include "core/src/server/system_clock.hpp"

#include <ctime>

namespace ropeway::server {
namespace {

timespec read_clock(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return time;
}

}  // namespace

std::chrono::milliseconds coarse_steady_time() noexcept {
  const timespec time = read_clock(CLOCK_MONOTONIC_COARSE);
  return std::chrono::milliseconds(static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000);
}

std::chrono::steady_clock::time_point SystemClock::coarse_steady_now() const noexcept {
  const timespec time = read_clock(CLOCK_MONOTONIC_COARSE);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::chrono::system_clock::time_point coarse_system_time() noexcept {
  const timespec time = read_clock(CLOCK_REALTIME_COARSE);
  return std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace ropeway::server
