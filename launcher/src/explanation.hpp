#pragma once

#include <ropeway/launch.hpp>

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// `ropeway explain [SETTING]`: prints what a setting of the configuration is, where that comes from and what it means; of an object or list, what
/// is in it. Gives the exit code.
[[nodiscard]] int explain_setting(const Options& options, const Register& register_handlers);

/// `ropeway routes`: prints the routes of the configuration. Gives the exit code.
[[nodiscard]] int list_routes(const Options& options, const Register& register_handlers);

}  // namespace ropeway::launcher
