#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>
#include <vector>

#include "core/src/observability/log_sink.hpp"
#include "core/src/observability/scoreboard.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// How a worker's event loop is seen to do.
enum class LoopState : std::uint8_t {
  turns,     ///< it does its regular work, or has none
  stalled,   ///< none of its threads has come back to it for `stall.rescue`
  hopeless,  ///< nor for `stall.kill`
};

/// From the worker's row and the slots of its I/O threads. `now`: of the steady clock.
[[nodiscard]] LoopState loop_state(const observability::WorkerRow& row, std::span<const observability::ThreadSlot> io_threads,
                                   const config::StallConfig& policy, std::chrono::milliseconds now) noexcept;

/// Finds handlers that hold an I/O thread for longer than `stall.warn`, asks the thread where it is, and tells the log: once for each
/// time. Of all I/O threads of all workers it reads shared memory alone; only a thread that is late is sent a signal.
class StallWatch {
 public:
  /// `io_threads`: of each worker. `scoreboard` outlives it.
  StallWatch(std::chrono::milliseconds warn, unsigned io_threads, std::vector<Plan::Route> routes, observability::Scoreboard& scoreboard);

  /// Looks at the threads of the worker in `slot`, which is process `pid`. A thread that is late is asked by one call and told of by a later one.
  void look(unsigned slot, pid_t pid, std::chrono::milliseconds now, observability::LogSink& log);

 private:
  struct Thread {
    std::chrono::milliseconds since{};  // of the request that is late
    bool told = true;
  };
  void tell(unsigned slot, unsigned thread, std::chrono::milliseconds now, observability::LogSink& log);

  std::chrono::milliseconds warn_;
  unsigned io_threads_;
  std::vector<Plan::Route> routes_;
  observability::Scoreboard& scoreboard_;
  std::vector<Thread> threads_;
};

}  // namespace ropeway::launcher
