#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ropeway::server {

/// The text of a socket address in `text`, without its port ("203.0.113.7", "2001:db8::1", "unix"), and the port.
/// An IPv4 address mapped into IPv6 is written as IPv4.
struct PeerAddress {
  std::size_t size = 0;
  std::uint16_t port = 0;
};
[[nodiscard]] PeerAddress format_peer_address(const void* address, std::size_t address_size, std::span<char, 46> text) noexcept;

}  // namespace ropeway::server
