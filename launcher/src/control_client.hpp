#pragma once

#include <nlohmann/json_fwd.hpp>

#include "launcher/src/options.hpp"

namespace ropeway::launcher {

/// Carries out a command of `ropeway` that is for a server that runs (`status`, `top`, `reload` and so on), over its control socket;
/// gives the exit code.
[[nodiscard]] int control_server(const Options& options);

/// What that server answers to a request. Throws `std::runtime_error` where there is none, or where it refuses.
[[nodiscard]] nlohmann::json ask_server(const Options& options, const nlohmann::json& request);

}  // namespace ropeway::launcher
