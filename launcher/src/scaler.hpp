#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <unordered_map>

#include "launcher/src/deployment.hpp"

namespace ropeway::launcher {

/// Decides how many workers there are to be, by how busy they are (`processes.min`, `processes.max`).
class Scaler {
 public:
  using Time = WorkerHandle::Time;
  static constexpr std::chrono::milliseconds look_interval{250};
  static constexpr double busy = 0.75;                    // where more of the workers' time than this is used, one more is started
  static constexpr double idle = 0.5;                     // where one fewer would use less than this, one has to go
  static constexpr std::chrono::seconds memory{2};        // over which the share is averaged
  static constexpr std::chrono::seconds between_more{2};  // until the last one that was started is judged
  static constexpr std::chrono::seconds idle_for{30};     // how long it must be so before one goes

  /// Takes note of the share of their time that `count` workers have used just now; gives how many there are to be, from `least` to `most`.
  [[nodiscard]] unsigned note(double share, unsigned count, unsigned least, unsigned most, Time now) noexcept;
  /// The share, averaged.
  [[nodiscard]] double share() const noexcept { return share_; }

 private:
  double share_ = 0;
  std::optional<Time> noted_;
  std::optional<Time> changed_;
  std::optional<Time> idle_since_;
};

/// Measures how busy the workers of a deployment are: a worker is as busy as the busiest of its CPU time, its I/O threads and its blocking
/// pool, from 0 to 1.
class BusyMeter {
 public:
  using Time = WorkerHandle::Time;
  /// The mean of all members since the last call; one that does not accept counts as busy. Nothing at the first call.
  [[nodiscard]] std::optional<double> measure(Deployment& deployment, Time now);

 private:
  std::optional<Time> measured_;
  std::unordered_map<pid_t, std::chrono::nanoseconds> used_;  // CPU time, at the last call
};

/// User and system time that a process has used; 0 where that cannot be told.
[[nodiscard]] std::chrono::nanoseconds cpu_time(pid_t process);

}  // namespace ropeway::launcher
