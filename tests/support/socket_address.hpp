#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ropeway::testing {

/// Where a server listens, as its launcher tells it: "http://127.0.0.1:40123", "http://[::1]:40123" or "unix:/path".
struct SocketAddress {
  std::string host;  ///< numeric; "" for a unix socket
  std::uint16_t port = 0;
  std::string path;  ///< of a unix socket

  /// Throws `std::invalid_argument` for any other text.
  [[nodiscard]] static SocketAddress from_url(std::string_view url);
  [[nodiscard]] static SocketAddress tcp(std::string host, std::uint16_t port) { return {std::move(host), port, ""}; }
  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
};

}  // namespace ropeway::testing
