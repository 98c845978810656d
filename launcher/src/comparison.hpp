#pragma once

#include <ropeway/launch.hpp>

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// `ropeway plan`: tells what a configuration changes beside the one of a server that runs (asked over its control socket), or beside another file,
/// and what each change costs. Nothing is changed. Exit code 0 where a reload can do it, `needs_restart` where it cannot, 2 where the
/// configuration has mistakes, 1 where there is nothing to compare it with.
[[nodiscard]] int compare_configurations(const Options& options, const Register& register_handlers);

}  // namespace ropeway::launcher
