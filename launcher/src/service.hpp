#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ropeway/launch.hpp>

#include "launcher/src/cpu_count.hpp"
#include "launcher/src/listen_sockets.hpp"
#include "launcher/src/plan.hpp"

namespace ropeway::launcher {

/// One run of a server, from a configuration's text to the exit code.
struct Service {
  ConfigSource source;
  bool is_file = false;                // it can be read again
  std::vector<std::string> arguments;  // the program's, to be executed again
  const Register* register_handlers = nullptr;
  int ready_descriptor = -1;  // gets a line for each address once every worker is ready, and is closed
  std::string listen_hint;    // a further sentence where an address cannot be had; may be empty
  /// Called once, when every worker is ready; may be empty.
  std::function<void(const std::vector<BoundAddress>&, const Workforce&)> on_ready;
};

/// Tries the configuration in a child, opens the listeners, and supervises workers until it is told to stop. In a worker process it
/// does not return.
[[nodiscard]] int run_service(const Service& service);

}  // namespace ropeway::launcher
