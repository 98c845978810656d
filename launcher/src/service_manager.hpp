#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace ropeway::launcher {

/// Tells systemd, or who else has set NOTIFY_SOCKET, how the server is (the protocol of sd_notify(3)). Where nobody has, nothing is told.
/// Nothing waits, and nothing fails: a manager that does not listen is its own affair.
class ServiceManager {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// From the environment.
  ServiceManager();

  void ready(const std::string& status) const noexcept;
  void reloading() const noexcept;
  void stopping() const noexcept;
  /// Another process, which is ready, is the service from now on.
  void hand_to(pid_t successor) const noexcept;

  /// Whether the manager wants to be told again and again that the supervisor is alive (WATCHDOG_USEC), and when the next time is: twice as
  /// often as it asks for.
  [[nodiscard]] std::optional<Time> next_ping() const noexcept { return next_ping_; }
  /// Tells it where it is time.
  void ping(Time now) noexcept;

 private:
  void tell(const std::string& text) const noexcept;
  std::string socket_;  // empty: nobody
  std::chrono::microseconds interval_{};
  std::optional<Time> next_ping_;
};

}  // namespace ropeway::launcher
