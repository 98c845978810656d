#pragma once

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// The command `dev`: builds a project (where there is one) and runs it, again at each change, until it is told to end. Gives the exit code.
[[nodiscard]] int develop(const DevOptions& options);

}  // namespace ropeway::launcher
