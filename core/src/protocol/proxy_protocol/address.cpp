#include "core/src/protocol/proxy_protocol/address.hpp"

#include <algorithm>
#include <cstddef>

namespace ropeway::protocol::proxy_protocol {
namespace {

constexpr std::size_t ipv4_at = 12;  // where an IPv4 address stands in one of IPv6

bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

int value_of_hex(char byte) noexcept {
  if (is_digit(byte)) return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

// A decimal number that is all of `text`, without leading zeros.
bool parse_decimal(std::string_view text, std::uint32_t most, std::uint32_t& value) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0') || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  value = 0;
  for (const char digit : text) value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  return value <= most;
}

// A group of one to four hexadecimal digits, which it takes from the front.
bool take_group(std::string_view& text, std::uint32_t& value) noexcept {
  std::size_t digits = 0;
  value = 0;
  while (digits < text.size() && digits < 4 && value_of_hex(text[digits]) >= 0) {
    value = value * 16 + static_cast<std::uint32_t>(value_of_hex(text[digits++]));
  }
  text.remove_prefix(digits);
  return digits > 0;
}

}  // namespace

Address mapped(const std::uint8_t* bytes) noexcept {
  Address address{};
  address[10] = address[11] = 0xFF;
  std::copy_n(bytes, 4, address.begin() + ipv4_at);
  return address;
}

bool parse_ipv4(std::string_view text, Address& address) noexcept {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t end = i + 1 < bytes.size() ? text.find('.') : text.size();
    std::uint32_t value = 0;
    if (end == std::string_view::npos || !parse_decimal(text.substr(0, end), 255, value)) return false;
    bytes[i] = static_cast<std::uint8_t>(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  address = mapped(bytes.data());
  return true;
}

bool parse_ipv6(std::string_view text, Address& address) noexcept {
  Address bytes{};
  std::size_t count = 0;      // of bytes that were read
  std::size_t zeros_at = 16;  // where "::" stands; 16: nowhere
  if (text.starts_with("::")) {
    zeros_at = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t end = text.find(':');
    if (end == std::string_view::npos && text.find('.') != std::string_view::npos) {
      Address ipv4{};
      if (count > ipv4_at || !parse_ipv4(text, ipv4)) return false;
      std::copy_n(ipv4.begin() + ipv4_at, 4, bytes.begin() + static_cast<std::ptrdiff_t>(count));
      count += 4;
      break;
    }
    std::uint32_t group = 0;
    if (count == bytes.size() || !take_group(text, group)) return false;
    bytes[count++] = static_cast<std::uint8_t>(group >> 8U);
    bytes[count++] = static_cast<std::uint8_t>(group & 0xFFU);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text[0] != ':') continue;
    if (zeros_at != 16) return false;
    zeros_at = count;
    text.remove_prefix(1);
  }
  if (zeros_at == 16 ? count != bytes.size() : count > bytes.size() - 2) return false;
  if (zeros_at != 16) {
    const auto zeros = bytes.begin() + static_cast<std::ptrdiff_t>(zeros_at);
    std::rotate(zeros, bytes.begin() + static_cast<std::ptrdiff_t>(count), bytes.end());  // what follows them goes to the end
  }
  address = bytes;
  return true;
}

bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
  std::uint32_t value = 0;
  if (!parse_decimal(text, 65535, value)) return false;
  port = static_cast<std::uint16_t>(value);
  return true;
}

}  // namespace ropeway::protocol::proxy_protocol
