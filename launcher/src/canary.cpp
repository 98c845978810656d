#include "launcher/src/canary.hpp"

#include <algorithm>

namespace ropeway::launcher {
namespace {

constexpr std::uint64_t least_errors = 3;
constexpr double times_others = 2;
constexpr double beyond = 0.02;
constexpr std::uint64_t least_answers = 100;
constexpr std::chrono::milliseconds slower_by{20};

double share_of_errors(const Tally& tally) noexcept {
  return tally.requests == 0 ? 0 : static_cast<double>(tally.server_errors) / static_cast<double>(tally.requests);
}

}  // namespace

Tally Tally::since(const Tally& earlier) const noexcept {
  return {requests - std::min(requests, earlier.requests), server_errors - std::min(server_errors, earlier.server_errors),
          latency.since(earlier.latency)};
}

bool is_worse(const Tally& canary, const Tally& others, bool final) noexcept {
  const bool enough =
      canary.server_errors >= least_errors || (final && canary.server_errors > 0 && canary.server_errors >= canary.requests);
  return enough && share_of_errors(canary) > times_others * share_of_errors(others) + beyond;
}

bool is_slower(const Tally& canary, const Tally& others, unsigned times) noexcept {
  if (times == 0 || canary.latency.count() < least_answers || others.latency.count() < least_answers) return false;
  const auto its = canary.latency.quantile(0.99);
  const auto theirs = others.latency.quantile(0.99);
  return its > theirs * times && its > theirs + slower_by;
}

}  // namespace ropeway::launcher
