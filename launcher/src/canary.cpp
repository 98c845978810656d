#include "launcher/src/canary.hpp"

namespace ropeway::launcher {
namespace {

constexpr std::uint64_t least_errors = 3;
constexpr double times_others = 2;
constexpr double beyond = 0.02;

double share_of_errors(const Tally& tally) noexcept {
  return tally.requests == 0 ? 0 : static_cast<double>(tally.server_errors) / static_cast<double>(tally.requests);
}

}  // namespace

bool is_worse(const Tally& canary, const Tally& others, bool final) noexcept {
  const bool enough =
      canary.server_errors >= least_errors || (final && canary.server_errors > 0 && canary.server_errors >= canary.requests);
  return enough && share_of_errors(canary) > times_others * share_of_errors(others) + beyond;
}

}  // namespace ropeway::launcher
