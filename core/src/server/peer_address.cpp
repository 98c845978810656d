#include "core/src/server/peer_address.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
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

observability::Peer peer_of(const void* address, std::size_t address_size) noexcept {
  sa_family_t family = AF_UNIX;
  if (address_size >= sizeof family) std::memcpy(&family, address, sizeof family);
  observability::Peer peer;
  in6_addr bytes{};
  if (family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, std::min(address_size, sizeof ipv4));
    bytes.s6_addr[10] = bytes.s6_addr[11] = 0xFF;
    std::memcpy(bytes.s6_addr + 12, &ipv4.sin_addr, sizeof ipv4.sin_addr);
    peer.port = ntohs(ipv4.sin_port);
  } else if (family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, std::min(address_size, sizeof ipv6));
    bytes = ipv6.sin6_addr;
    peer.port = ntohs(ipv6.sin6_port);
  }
  std::memcpy(peer.address.data(), bytes.s6_addr, sizeof bytes.s6_addr);
  return peer;
}

sockaddr_in6 socket_address_of(const observability::Peer& peer) noexcept {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(peer.port);
  std::memcpy(address.sin6_addr.s6_addr, peer.address.data(), sizeof address.sin6_addr.s6_addr);
  return address;
}

std::size_t format_peer_address(const observability::Peer& peer, std::span<char, 46> text) noexcept {
  if (peer == observability::Peer()) {
    constexpr std::string_view unix_socket = "unix";
    std::copy(unix_socket.begin(), unix_socket.end(), text.begin());
    return unix_socket.size();
  }
  in6_addr bytes{};
  std::memcpy(bytes.s6_addr, peer.address.data(), sizeof bytes.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) return format_ipv4(bytes.s6_addr + 12, text);
  if (inet_ntop(AF_INET6, &bytes, text.data(), text.size()) == nullptr) return 0;
  return std::string_view(text.data()).size();
}

std::string to_string(const observability::Peer& peer) {
  std::array<char, 46> text{};
  std::string result(text.data(), format_peer_address(peer, text));
  if (peer == observability::Peer()) return result;
  if (result.find(':') != std::string::npos) result = "[" + result + "]";
  return result + ":" + std::to_string(peer.port);
}

}  // namespace ropeway::server
