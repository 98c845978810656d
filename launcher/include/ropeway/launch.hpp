#pragma once

#include <functional>

#include <ropeway/registry.hpp>

namespace ropeway {

/// Enrols a program's own handlers and middlewares, before modules do. Called once in each worker, once in a child that tries the configuration
/// before anything is opened, and by commands that tell what handlers take (`schema`, `routes`; twice by `plan`); never in the supervisor.
using Register = std::function<void(Registry&)>;

/// The `main` of a server program: reads the command line (`run`, which is what happens without a command, `check`, `plan`, `schema`, and the commands
/// for a server that runs; `--help` tells), starts the supervisor and its workers, and returns the exit code:
///   0  after a stop that was asked for (SIGTERM drains; SIGINT and SIGQUIT stop at once; SIGHUP reloads; SIGUSR1 reopens logs), and when
///      another program has taken its place (SIGUSR2),
///   1  for a failure at run time: an address in use, no worker that became ready,
///   2  for a wrong command line or configuration,
///   3  of `plan` alone: a change that needs a restart.
/// The built-in handlers are always there. To be called once, before the program starts any thread. A worker process ends inside.
[[nodiscard]] int launch(int argc, char* argv[], const Register& register_handlers);

}  // namespace ropeway
