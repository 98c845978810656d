#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <ropeway/launch.hpp>

#include "core/src/observability/scoreboard.hpp"
#include "core/src/shared/segment.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/keeper.hpp"
#include "launcher/src/listen_sockets.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// What all workers of a generation share.
struct WorkerSetup {
  /// `processes`: 0 is none but the launcher itself. Throws `std::system_error` where the scoreboard's memory cannot be had.
  WorkerSetup(ConfigSource configuration, const Register& handlers, std::shared_ptr<ListenSockets> sockets, const Plan& plan,
              unsigned io_threads);

  ConfigSource source;
  const Register& register_handlers;
  std::shared_ptr<ListenSockets> listeners;
  server::HandOverChannel hand_over;
  std::shared_ptr<KeeperSetup> keeper;  // may be none
  std::shared_ptr<shared::Segment> shared;
  std::vector<config::CpuList> cpus;  // of each slot; none: wherever it may run
  std::optional<Identity> identity;   // that workers assume
  unsigned threads;
  Descriptor directory;       // where relative paths begin; none: where the process is
  int ready_descriptor = -1;  // of a process that is alone: somebody waits for its end, so no other process may hold it open
  observability::Scoreboard scoreboard;
};

/// What a new worker is given: which slot, whose child it is, and its ends of the two pipes.
struct WorkerSeat {
  std::shared_ptr<WorkerSetup> setup;
  unsigned slot = 0;
  pid_t supervisor = 0;
  Descriptor commands;  // to read: bytes of `Command`; its end is the supervisor's end
  Descriptor words;     // to write: bytes of `Word`
};

/// The main function of a worker process: from the seat to its exit code. SIGTERM drains this worker alone, SIGUSR1 reopens its logs;
/// it dies with its supervisor, however that ends.
[[nodiscard]] int run_worker(WorkerSeat seat);

/// The same without a supervisor, in this process (`processes: 0`): `on_ready` is called once it accepts; SIGTERM drains, SIGINT,
/// SIGQUIT and SIGHUP stop, SIGUSR1 reopens the logs. Gives the program's exit code.
[[nodiscard]] int run_alone(WorkerSetup& setup, const std::function<void()>& on_ready);

}  // namespace ropeway::launcher
