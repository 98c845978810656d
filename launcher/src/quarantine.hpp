#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/src/config/server_config.hpp"

namespace ropeway::launcher {

/// Decides which routes are closed because their handlers end workers: one that has ended `crashes` of them within `window` is closed for
/// `release`, and then begins anew.
class Quarantine {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Quarantine(const config::QuarantineConfig& policy, std::size_t routes) : policy_(policy), routes_(routes) {}

  /// A worker has died inside the handler of `route`. Says whether that closes it.
  [[nodiscard]] bool crashed(std::uint32_t route, Time now);
  /// A route whose time is over and that is open again, where there is one.
  [[nodiscard]] std::optional<std::uint32_t> released(Time now);

 private:
  struct Route {
    std::deque<Time> crashes;  // within the window, oldest first; empty while it is closed
    std::optional<Time> closed_until;
  };
  config::QuarantineConfig policy_;
  std::vector<Route> routes_;
};

}  // namespace ropeway::launcher
