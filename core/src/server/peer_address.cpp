#include "core/src/server/peer_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace ropeway::server {
namespace {

std::size_t format_ipv4(const std::uint8_t* bytes, std::span<char, 46> text) noexcept {
  char* at = text.data();
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, at + 3, bytes[i]).ptr;
  }
  return static_cast<std::size_t>(at - text.data());
}

}  // namespace

PeerAddress format_peer_address(const void* address, std::size_t address_size, std::span<char, 46> text) noexcept {
  sa_family_t family = AF_UNIX;
  if (address_size >= sizeof family) std::memcpy(&family, address, sizeof family);
  if (family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, std::min(address_size, sizeof ipv4));
    return {format_ipv4(reinterpret_cast<const std::uint8_t*>(&ipv4.sin_addr), text), ntohs(ipv4.sin_port)};
  }
  if (family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, std::min(address_size, sizeof ipv6));
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) return {format_ipv4(ipv6.sin6_addr.s6_addr + 12, text), ntohs(ipv6.sin6_port)};
    if (inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size()) == nullptr) return {};
    return {std::string_view(text.data()).size(), ntohs(ipv6.sin6_port)};
  }
  constexpr std::string_view unix_socket = "unix";
  std::copy(unix_socket.begin(), unix_socket.end(), text.begin());
  return {unix_socket.size(), 0};
}

}  // namespace ropeway::server
