#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/src/observability/peer.hpp"

namespace ropeway::server {

/// What a socket address says; one that is neither IPv4 nor IPv6 is a unix socket's.
[[nodiscard]] observability::Peer peer_of(const void* address, std::size_t address_size) noexcept;
/// And back, of one that is on no unix socket.
[[nodiscard]] sockaddr_in6 socket_address_of(const observability::Peer& peer) noexcept;

/// Writes the address in `text`, without its port ("203.0.113.7", "2001:db8::1", "unix"), and gives its size. An IPv4 address mapped into
/// IPv6 is written as IPv4.
[[nodiscard]] std::size_t format_peer_address(const observability::Peer& peer, std::span<char, 46> text) noexcept;

/// With the port: "203.0.113.7:4711", "[2001:db8::1]:4711", "unix".
[[nodiscard]] std::string to_string(const observability::Peer& peer);

}  // namespace ropeway::server
