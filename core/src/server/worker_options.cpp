#include <stdexcept>

#include "core/src/config/loader.hpp"
#include "core/src/server/worker.hpp"

namespace ropeway::server {

WorkerOptions worker_options(const config::ServerConfig& config) {
  WorkerOptions options;
  options.limits = config.limits;
  options.timeouts = config.timeouts;
  options.blocking = config.blocking;
  options.repeated_slashes = config.repeated_slashes;
  options.proxies = config.proxies;
  options.server_name = config.server_name;
  options.shared_sizes = config.shared;
  return options;
}

WorkerOptions default_worker_options() {
  const config::Loaded loaded = config::load(R"({"routes": []})", "", {});
  if (!loaded.config) throw std::runtime_error(loaded.diagnostics.front().text());  // a variable of the environment
  return worker_options(*loaded.config);
}

shared::Sizes sizes_of(const config::SharedConfig& config) noexcept {
  shared::Sizes sizes;
  sizes.counters = config.counters;
  sizes.rate_limits = config.rate_limits;
  sizes.cache_bytes = config.cache_bytes;
  sizes.bus_bytes = config.bus_bytes;
  return sizes;
}

}  // namespace ropeway::server
