#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace ropeway::launcher {

/// A slot's share of new connections, in proportion to the others'; 0: none.
using Weight = std::uint32_t;
inline constexpr Weight full_weight = 100;

/// What is known of a slot when its share is decided.
struct SlotLoad {
  bool accepts = false;
  std::uint32_t connections = 0;  // open now
};

/// Shares for all slots: none where nobody accepts, and the more the fewer connections a worker has beside the others, so that what
/// chance or long-lived connections have made uneven evens out.
[[nodiscard]] std::vector<Weight> weights_of(std::span<const SlotLoad> loads);

/// A classic BPF program that gives the index of a slot at random, with the weights' proportions. Where all weights are 0 it gives an
/// index that no group has, for which the kernel spreads by its hash. `weights` has at most 1,024 members.
[[nodiscard]] std::vector<sock_filter> steering_program(std::span<const Weight> weights);

/// Says for each new connection which slot's listener gets it (SO_ATTACH_REUSEPORT_CBPF). Needs no privilege. Without it, where the kernel
/// refuses, connections are spread by the kernel's hash, also to slots whose siblings then have to rescue them.
class Steering {
 public:
  /// `groups`: a listener of each SO_REUSEPORT group; its sockets stand in the order of the slots and stay open.
  explicit Steering(std::vector<int> groups) : groups_(std::move(groups)) {}

  /// Makes these the shares, where they differ enough from those in force to be worth a system call for each group: where a slot gets a
  /// share or loses it, or one changes by more than a twentieth. Gives 0, or the system's reason (an errno) the first time it is refused.
  int steer(std::vector<Weight> weights);
  /// Whether the kernel takes the programs.
  [[nodiscard]] bool works() const noexcept { return works_; }
  [[nodiscard]] const std::vector<Weight>& weights() const noexcept { return weights_; }

 private:
  std::vector<int> groups_;
  std::vector<Weight> weights_;  // in force
  bool works_ = true;
};

}  // namespace ropeway::launcher
