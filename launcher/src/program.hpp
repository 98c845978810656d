#pragma once

#include <ropeway/launch.hpp>

namespace ropeway::launcher {

/// What stands behind `ropeway::launch` and the `ropeway` program, which alone `serves` folders by command.
[[nodiscard]] int run_program(int argc, const char* const argv[], const Register& register_handlers, bool serves);

}  // namespace ropeway::launcher
