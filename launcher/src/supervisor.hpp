#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/src/observability/log_sink.hpp"
#include "core/src/observability/scoreboard.hpp"
#include "launcher/src/generation.hpp"
#include "launcher/src/plan.hpp"
#include "launcher/src/quarantine.hpp"
#include "launcher/src/signals.hpp"
#include "launcher/src/stall_watch.hpp"
#include "launcher/src/steering.hpp"
#include "launcher/src/worker_process.hpp"

namespace ropeway::launcher {

/// The parent of the workers: starts them, replaces those that die, and ends them. It has one thread and runs no code of a handler;
/// it sleeps in `poll` until a signal, a worker's word or a deadline.
///
/// The fork happens inside `run`, which returns in the child as well, with the seat to take. So the child leaves the supervisor's
/// scope, and everything that is the parent's alone (the other workers' pipes, its signals, its log) is closed by its destructor.
class Supervisor {
 public:
  struct Options {
    unsigned workers = 1;
    unsigned threads = 1;                             // I/O threads of each
    std::chrono::milliseconds drain{};                // how long a drain may take before workers are killed
    std::function<void()> on_ready;                   // once, when every worker is ready for the first time; nothing of it may throw
    observability::Scoreboard* scoreboard = nullptr;  // a row for each worker
    std::vector<int> listener_groups;                 // see `Steering`
    std::vector<Plan::Route> routes;
    config::StallConfig stall;
    config::QuarantineConfig quarantine;
  };
  /// The exit code of the program, or (in a new worker) its seat.
  using Outcome = std::variant<int, WorkerSeat>;

  Supervisor(Options options, std::unique_ptr<observability::LogSink> log);
  [[nodiscard]] Outcome run();

 private:
  using Time = WorkerHandle::Time;
  enum class Phase : std::uint8_t { running, draining, stopping, killing };

  [[nodiscard]] static Time now() noexcept { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::optional<WorkerSeat> start_due();
  [[nodiscard]] std::optional<WorkerSeat> start(WorkerHandle& worker);
  void wait();
  void obey(SignalAction action);
  void read_words();
  void reap();
  void stopped_or_continued(WorkerHandle& worker, int status);
  void ended(WorkerHandle& worker, int status);
  [[nodiscard]] bool is_planned(int status) const noexcept;
  void report_end(WorkerHandle& worker, int status);
  void report_activity(WorkerHandle& worker);
  void close_route_of(WorkerHandle& worker);
  void open_routes();
  void watch_loops();
  void direct_connections();
  void give_up(int exit_code) noexcept;
  void begin_drain();
  void begin_stop();
  void keep_deadline();

  Options options_;
  std::unique_ptr<observability::LogSink> log_;
  SignalDescriptor signals_;
  Generation generation_;
  Steering steering_;
  StallWatch stall_watch_;
  Quarantine quarantine_;
  Time next_look_{};        // at the workers' load
  std::uint64_t seen_ = 0;  // connections that had been accepted then
  Phase phase_ = Phase::running;
  std::optional<Time> deadline_;  // of the phase
  bool announced_ = false;
  int exit_code_ = 0;
};

}  // namespace ropeway::launcher
