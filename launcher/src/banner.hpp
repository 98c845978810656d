#pragma once

#include <string>
#include <vector>

#include "launcher/src/cpu_count.hpp"
#include "launcher/src/listen_sockets.hpp"

namespace ropeway::launcher {

/// The numeric addresses of this machine's interfaces that are up, those that work without a zone, loopback first.
[[nodiscard]] std::vector<std::string> interface_addresses();

/// Every URL under which `addresses` can be reached: for 0.0.0.0 and :: one for each of `interfaces`.
[[nodiscard]] std::vector<std::string> reachable_urls(const std::vector<BoundAddress>& addresses,
                                                      const std::vector<std::string>& interfaces);

/// What `serve` prints when it is ready.
[[nodiscard]] std::string banner(const std::string& folder, const std::vector<std::string>& urls, const Workforce& workforce);

}  // namespace ropeway::launcher
