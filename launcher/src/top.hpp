#pragma once

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// `ropeway top`: on a terminal, a screen that is drawn anew each `options.interval` until `q` or Ctrl+C; elsewhere, one page after another.
/// `options.count` pages at most, where that is not 0. A server that goes away is waited for, on a terminal. Gives the exit code; throws
/// `std::runtime_error` where there is no server.
[[nodiscard]] int watch_top(const Options& options);

}  // namespace ropeway::launcher
