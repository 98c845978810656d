#pragma once

#include <functional>

#include <ropeway/registry.hpp>

namespace ropeway {

/// Enrols a program's own handlers and middlewares. Called once in each worker, and once for `check` and `schema`; never in the supervisor.
using Register = std::function<void(Registry&)>;

/// The `main` of a server program: reads the command line (`run`, `check`, `schema`; `--help` tells), starts the supervisor and its workers
/// and returns the exit code: 0 after a stop that was asked for, 1 for a failure at run time, 2 for a wrong command line or configuration.
/// The built-in handlers are always there. To be called once, before the program starts any thread.
[[nodiscard]] int launch(int argc, char* argv[], const Register& register_handlers);

}  // namespace ropeway
