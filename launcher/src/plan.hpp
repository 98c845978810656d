#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/src/config/server_config.hpp"
#include "launcher/src/privileges.hpp"

namespace ropeway::launcher {

/// The text of a configuration as it was when its generation began, so that a replacement starts with what its siblings run.
struct ConfigSource {
  std::string file;  // its name, for messages and relative paths
  std::string text;
};

/// What the supervisor must know of a configuration. It cannot read one itself: that needs the handlers' declarations, and no code of
/// theirs runs in the supervisor. A child reads it and hands this over a pipe.
struct Plan {
  std::optional<unsigned> processes;  // nothing: auto
  bool scales = false;                // from `processes` to `most_processes`
  std::optional<unsigned> most_processes;
  std::optional<unsigned> threads;
  std::vector<config::ListenAddress> listen;
  config::LogConfig log;
  std::chrono::milliseconds drain{}, drain_grace{};
  std::size_t connections = 0;       // per worker
  std::size_t blocking_threads = 0;  // of the pool, per worker
  config::StallConfig stall;
  config::QuarantineConfig quarantine;
  config::CanaryConfig canary;
  config::RecycleConfig recycle;
  config::SharedConfig shared;
  config::AffinityConfig affinity;
  bool keeper = false;
  bool development = false;
  std::string control;
  std::string pid_file;
  std::optional<Identity> identity;  // of workers; looked up by whoever makes the plan
  struct Route {
    std::string match;
    std::string handler;
  };
  std::vector<Route> routes;  // in the order of the configuration, for messages about them; behind them the addresses that have a handler
};

[[nodiscard]] Plan plan_of(const config::ServerConfig& config);
/// As bytes for a pipe, and back; nothing where the bytes are not whole.
[[nodiscard]] std::string encode(const Plan& plan);
[[nodiscard]] std::optional<Plan> decode(std::string_view bytes);

}  // namespace ropeway::launcher
