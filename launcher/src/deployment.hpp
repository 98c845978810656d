#pragma once

#include <memory>

#include "core/src/observability/log_sink.hpp"
#include "launcher/src/cpu_count.hpp"
#include "launcher/src/generation.hpp"
#include "launcher/src/plan.hpp"
#include "launcher/src/quarantine.hpp"
#include "launcher/src/stall_watch.hpp"
#include "launcher/src/worker_process.hpp"

namespace ropeway::launcher {

/// A configuration that is put to work: its generation of workers, what these stand on, and what is known of them. While a reload is in
/// progress there are two.
class Deployment {
 public:
  /// What `plan` says of processes and threads, on this machine.
  [[nodiscard]] static Workforce force_of(const Plan& plan);
  using Time = WorkerHandle::Time;
  Deployment(unsigned number, std::shared_ptr<WorkerSetup> setup, Plan plan, Workforce force);
  /// Opens the listeners, or takes over those of `open` where addresses are the same, and starts nothing. `force` has at least one process.
  /// The current directory becomes that of the workers. Throws `ListenError`, and `std::system_error` where resources are short.
  [[nodiscard]] static std::unique_ptr<Deployment> make(unsigned number, ConfigSource source, Plan plan, Workforce force,
                                                        const Register& register_handlers, server::HandOverChannel hand_over,
                                                        std::shared_ptr<shared::Segment> shared, const ListenSockets* open = nullptr);

  [[nodiscard]] Generation& generation() noexcept { return generation_; }
  [[nodiscard]] const Generation& generation() const noexcept { return generation_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const Workforce& force() const noexcept { return force_; }
  [[nodiscard]] const std::shared_ptr<WorkerSetup>& setup() const noexcept { return setup_; }
  [[nodiscard]] observability::WorkerRow& row(const WorkerHandle& worker) noexcept { return setup_->scoreboard[worker.slot()]; }

  /// What the process in the worker's place has counted, also after its end.
  [[nodiscard]] observability::WorkerTotals totals(const WorkerHandle& worker) const noexcept {
    return setup_->scoreboard.totals(worker.slot());
  }

  /// Makes the worker's rows those of one that is about to start.
  void prepare(const WorkerHandle& worker) noexcept;
  /// The black box: what the threads of a worker that died were doing. A request that is named here was lost, or is the reason.
  void report_activity(const WorkerHandle& worker, Time now, observability::LogSink& log);
  /// Closes the route in whose handler the worker has died, where it was one too many.
  void close_route_of(const WorkerHandle& worker, Time now, observability::LogSink& log);
  /// Opens the routes whose time is over.
  void open_routes(Time now, observability::LogSink& log);
  /// Looks at every worker's event loop, and kills one that is hopeless.
  void watch_loops(Time now, observability::LogSink& log);

 private:
  Plan plan_;
  Workforce force_;
  std::shared_ptr<WorkerSetup> setup_;  // workers that were forked have it, too
  Generation generation_;
  StallWatch stall_watch_;
  Quarantine quarantine_;
};

}  // namespace ropeway::launcher
