#pragma once

#include <string>
#include <vector>

#include <ropeway/launch.hpp>

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// The configuration that `serve` stands for, as JSON. `folder` is absolute; `terminal` says whether standard output is one;
/// `addresses` are written as in `listen`.
[[nodiscard]] std::string serve_configuration(const ServeOptions& options, const std::string& folder,
                                              const std::vector<std::string>& addresses, bool terminal);

/// The command `eject`: a project that does what `serve` with these options does. Gives the exit code.
[[nodiscard]] int eject_folder(const Options& command);

/// The command `serve`: the folder as a configuration, through the same loader and the same workers as any other. Gives the exit code.
[[nodiscard]] int serve_folder(const Options& command, const Register& register_handlers);

}  // namespace ropeway::launcher
