#include "launcher/src/quarantine.hpp"

namespace ropeway::launcher {

bool Quarantine::crashed(std::uint32_t route, Time now) {
  if (policy_.crashes == 0 || route >= routes_.size() || routes_[route].closed_until) return false;
  auto& crashes = routes_[route].crashes;
  crashes.push_back(now);
  while (now - crashes.front() > policy_.window) crashes.pop_front();
  if (crashes.size() < policy_.crashes) return false;
  crashes.clear();
  routes_[route].closed_until = now + policy_.release;
  return true;
}

std::optional<std::uint32_t> Quarantine::released(Time now) {
  for (std::size_t route = 0; route < routes_.size(); ++route) {
    auto& until = routes_[route].closed_until;
    if (!until || now < *until) continue;
    until.reset();
    return static_cast<std::uint32_t>(route);
  }
  return std::nullopt;
}

}  // namespace ropeway::launcher
