#pragma once

#include <array>
#include <cstdint>

namespace ropeway::observability {

/// A client's end, as it was on the wire: an IPv6 address, or an IPv4 address mapped into one (RFC 4291 §2.5.5.2), its bytes in the order of
/// the network; and the port. All zero: a unix socket.
struct Peer {
  std::array<std::uint64_t, 2> address{};
  std::uint16_t port = 0;

  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace ropeway::observability
