#pragma once

#include <chrono>
#include <cstdint>

#include <ropeway/clock.hpp>

namespace ropeway::server {

/// The clocks as of the kernel's last tick (some milliseconds ago), for a fifth of the price: deadlines and `Date` need no more.
[[nodiscard]] std::chrono::milliseconds coarse_steady_time() noexcept;  // since an arbitrary point
[[nodiscard]] std::chrono::system_clock::time_point coarse_system_time() noexcept;

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const noexcept override { return std::chrono::system_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point coarse_steady_now() const noexcept override;
};

}  // namespace ropeway::server
