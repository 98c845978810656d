#pragma once

#include <ropeway/launch.hpp>

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// Carries out a command of `ropeway` that is for a server that runs (`status`, `top`, `reload` and so on), over its control socket;
/// gives the exit code.
[[nodiscard]] int control_server(const Options& options, const Register& register_handlers);

}  // namespace ropeway::launcher
