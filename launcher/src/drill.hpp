#pragma once

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// `ropeway drill kill|stall|leak|slow`: does this to a worker of a server that runs, under a load of its own, and prints what clients saw,
/// second by second. Gives the exit code: 0 where no request failed, 1 where some did. Throws `std::runtime_error` where there is no server.
[[nodiscard]] int drill(const Options& options);

}  // namespace ropeway::launcher
