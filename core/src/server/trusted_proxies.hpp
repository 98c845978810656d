#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ropeway/request.hpp>

#include "core/src/config/server_config.hpp"

namespace ropeway::server {

/// The proxies that are believed whom a request came from (`trusted_proxies`). Immutable: many threads use it at once.
class TrustedProxies {
 public:
  explicit TrustedProxies(config::ProxiesConfig config) : config_(std::move(config)) {}

  /// Whether a connection from that address (a sockaddr of `size` bytes) is one of theirs.
  [[nodiscard]] bool covers(const void* address, std::size_t size) const noexcept;

  /// Finds the client of a request that came over such a connection: going back from the peer, the first who is no trusted proxy, or the last of whom
  /// an address is known. Where the fields are malformed, or there are none, nothing is changed: the client is the peer.
  void find_client(Request& request) const;

 private:
  [[nodiscard]] bool covers(const config::Network::Address& address) const noexcept;
  config::ProxiesConfig config_;
};

}  // namespace ropeway::server
