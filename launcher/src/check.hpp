#pragma once

#include <optional>
#include <string>

#include <ropeway/launch.hpp>

#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// What a configuration came to: a plan, or the exit code for it (everything has been said on standard error).
struct Checked {
  std::optional<Plan> plan;
  int exit_code = 0;
};

/// Reads the file. Where that fails, says so on standard error with the remedy and gives nothing.
[[nodiscard]] std::optional<ConfigSource> read_source(const std::string& file);

/// Loads the configuration and constructs its handlers in a child process that is thrown away: nothing is opened or bound, no code of
/// a handler runs here, and one that crashes takes only the child with it.
[[nodiscard]] Checked check_in_child(const ConfigSource& source, const Register& register_handlers);

}  // namespace ropeway::launcher
