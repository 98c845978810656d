#pragma once

#include <string>

namespace ropeway::launcher {

/// What the program's exit code says; `launch` documents it.
namespace exit_code {
inline constexpr int success = 0;        ///< a stop that was asked for
inline constexpr int failure = 1;        ///< a failure at run time: an address in use, workers that cannot start
inline constexpr int usage = 2;          ///< a wrong command line or configuration
inline constexpr int needs_restart = 3;  ///< of `plan`: a change that no reload can do
/// Only between a worker and its supervisor: the worker cannot use the configuration, and no replacement could (sysexits' EX_CONFIG).
inline constexpr int worker_configuration = 78;
}  // namespace exit_code

/// How a process ended, from `waitpid`'s status: "was killed by SIGKILL", "exited with code 3".
[[nodiscard]] std::string describe_end(int wait_status);

}  // namespace ropeway::launcher
