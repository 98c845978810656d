#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <ropeway/awaitable.hpp>

namespace ropeway {

/// Work that is to be done by one worker of this server, whichever it is. Thread-safe.
class Jobs {
 public:
  virtual ~Jobs() = default;
  using Job = std::function<awaitable<void>()>;

  /// Runs `job` every `interval`, the first time after one, in one worker at a time. When that dies, another takes its place at once, and
  /// goes on at the next time that is due; a worker that ends in good order finishes a run and hands the job on. To be called in a handler's
  /// constructor: every worker does, and they agree by `name` (1 to 60 bytes; there are 64 at most). It begins when the worker serves.
  ///
  /// A run that takes longer than `interval` delays the next one; times that have passed meanwhile are left out, as those are in
  /// which no worker was there. A run that was cut short by its worker's death is not repeated. What `job` throws is logged.
  /// It runs on the event loop, and must not block. Throws `std::invalid_argument` where the name or the interval (1 ms at least) is none, and
  /// `std::runtime_error` where there is no room.
  virtual void every(std::string name, std::chrono::milliseconds interval, Job job) = 0;
};

}  // namespace ropeway
