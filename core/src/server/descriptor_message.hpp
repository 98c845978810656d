#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/src/server/descriptor.hpp"

namespace ropeway::server {

/// A message between two of our processes over a `SOCK_SEQPACKET` socket: numbers as its content, and descriptors beside them (SCM_RIGHTS).
struct DescriptorMessage {
  static constexpr std::size_t most = 5;
  using Numbers = std::array<std::uint64_t, 6>;
  Numbers numbers{};
  std::array<Descriptor, most> descriptors;
  std::size_t count = 0;  // of descriptors that came; where this process had no room for one, fewer than were sent

  /// Sends duplicates of `descriptors` (1 to `most`) without waiting; 0, or the system's error.
  [[nodiscard]] static int send(int channel, const Numbers& numbers, std::span<const int> descriptors) noexcept;
  /// Receives without waiting into a message that is new: the size of its content, 0 at the channel's end, or -1 and `errno`.
  [[nodiscard]] ssize_t receive(int channel) noexcept;
};

}  // namespace ropeway::server
