#include "launcher/src/steering.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <numeric>

namespace ropeway::launcher {
namespace {

// Added to every count of connections, so that few of them are no reason to prefer anybody.
constexpr std::uint64_t even_until = 16;
// A few per cent more connections than the others must tell, and many new connections between two looks must not all go to one worker.
constexpr int sharpness = 3;
constexpr double least_share = 0.5;
constexpr double most_share = 2;
constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

sock_filter statement(std::uint16_t code, std::uint32_t k) { return BPF_STMT(code, k); }

bool differs(Weight now, Weight wanted) noexcept {
  if ((now == 0) != (wanted == 0)) return true;
  const Weight difference = now > wanted ? now - wanted : wanted - now;
  return std::uint64_t{difference} * 20 > now;
}

}  // namespace

std::vector<Weight> weights_of(std::span<const SlotLoad> loads) {
  std::uint64_t accepting = 0;
  std::uint64_t connections = 0;
  for (const SlotLoad& load : loads) {
    if (!load.accepts) continue;
    ++accepting;
    connections += load.connections;
  }
  std::vector<Weight> weights(loads.size(), 0);
  if (accepting == 0) return weights;
  const double average = static_cast<double>(connections) / static_cast<double>(accepting) + static_cast<double>(even_until);
  for (std::size_t slot = 0; slot < loads.size(); ++slot) {
    if (!loads[slot].accepts) continue;
    const double share = std::pow(average / static_cast<double>(loads[slot].connections + even_until), sharpness);
    weights[slot] = static_cast<Weight>(full_weight * std::clamp(share, least_share, most_share));
  }
  return weights;
}

std::vector<sock_filter> steering_program(std::span<const Weight> weights) {
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  std::vector<sock_filter> program;
  if (total > 0 && total < no_slot) {
    program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)));
    program.push_back(statement(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(total)));
    std::uint32_t below = 0;
    for (std::size_t slot = 0; slot < weights.size(); ++slot) {
      if (weights[slot] == 0) continue;
      below += weights[slot];
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, below, 1, 0));
      program.push_back(statement(BPF_RET | BPF_K, static_cast<std::uint32_t>(slot)));
    }
  }
  program.push_back(statement(BPF_RET | BPF_K, no_slot));
  return program;
}

int Steering::steer(std::vector<Weight> weights) {
  if (!works_ || groups_.empty()) return 0;
  // At the start there is nothing to say yet; another launcher, whose place this one takes, may have said something.
  if (weights_.empty() && std::ranges::all_of(weights, [](Weight weight) { return weight == 0; })) return 0;
  const bool much_the_same = std::ranges::equal(weights_, weights, [](Weight now, Weight wanted) { return !differs(now, wanted); });
  if (much_the_same) return 0;
  std::vector<sock_filter> program = steering_program(weights);
  const sock_fprog attached{static_cast<unsigned short>(program.size()), program.data()};
  for (const int group : groups_) {
    if (::setsockopt(group, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) == 0) continue;
    const int error = errno;
    works_ = false;
    for (const int each : groups_)
      ::setsockopt(each, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &error, sizeof error);  // not one of an earlier time
    return error;
  }
  weights_ = std::move(weights);
  return 0;
}

}  // namespace ropeway::launcher
