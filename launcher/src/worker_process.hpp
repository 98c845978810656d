#pragma once

#include <sys/types.h>

#include <functional>

#include <ropeway/launch.hpp>

#include "core/src/observability/scoreboard.hpp"
#include "launcher/src/descriptor.hpp"
#include "launcher/src/listen_sockets.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// What a new worker is given: which slot, whose child it is, and its ends of the two pipes.
struct WorkerSeat {
  unsigned slot = 0;
  pid_t supervisor = 0;
  Descriptor commands;  // to read: bytes of `Command`; its end is the supervisor's end
  Descriptor words;     // to write: bytes of `Word`
};

/// What all workers of a launcher share. Everything outlives the worker.
struct WorkerSetup {
  const ConfigSource* source = nullptr;
  const Register* register_handlers = nullptr;
  const ListenSockets* listeners = nullptr;
  observability::Scoreboard* scoreboard = nullptr;
  server::HandOverChannel hand_over;
  unsigned threads = 1;
};

/// The main function of a worker process: from the seat to its exit code. SIGTERM drains this worker alone, SIGUSR1 reopens its logs;
/// it dies with its supervisor, however that ends.
[[nodiscard]] int run_worker(const WorkerSetup& setup, WorkerSeat seat);

/// The same without a supervisor, in this process (`processes: 0`): `on_ready` is called once it accepts; SIGTERM drains, SIGINT,
/// SIGQUIT and SIGHUP stop, SIGUSR1 reopens the logs. Gives the program's exit code.
[[nodiscard]] int run_alone(const WorkerSetup& setup, const std::function<void()>& on_ready);

}  // namespace ropeway::launcher
