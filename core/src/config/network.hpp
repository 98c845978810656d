#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ropeway::config {

/// A range of addresses, or all unix sockets.
struct Network {
  using Address = std::array<std::uint8_t, 16>;  // IPv4 mapped into IPv6 (RFC 4291 §2.5.5.2)
  Address address{};
  unsigned prefix = 128;  // bits, of all 128
  bool unix_sockets = false;

  [[nodiscard]] bool contains(const Address& other) const noexcept;
};

/// "192.0.2.7", "10.0.0.0/8", "2001:db8::/32" or "unix"; otherwise a sentence that says what is wrong.
[[nodiscard]] std::variant<Network, std::string> parse_network(std::string_view text);

/// A numeric address without port or brackets.
[[nodiscard]] bool parse_address(std::string_view text, Network::Address& address) noexcept;
/// In its usual spelling; a mapped IPv4 address as IPv4.
[[nodiscard]] std::string address_text(const Network::Address& address);

}  // namespace ropeway::config
