#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ropeway::protocol::proxy_protocol {

/// An IPv6 address, or an IPv4 address mapped into one (RFC 4291 §2.5.5.2), its bytes in the order of the network.
using Address = std::array<std::uint8_t, 16>;

/// The IPv4 address of these four bytes.
[[nodiscard]] Address mapped(const std::uint8_t* bytes) noexcept;

/// Four numbers without leading zeros, which some would take for octal.
[[nodiscard]] bool parse_ipv4(std::string_view text, Address& address) noexcept;
/// Eight groups of up to four hexadecimal digits, "::" once for one group of zeros or more; the last two may be written as IPv4.
[[nodiscard]] bool parse_ipv6(std::string_view text, Address& address) noexcept;
/// From 0 to 65535, without leading zeros.
[[nodiscard]] bool parse_port(std::string_view text, std::uint16_t& port) noexcept;

}  // namespace ropeway::protocol::proxy_protocol
