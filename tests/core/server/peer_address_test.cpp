#include "core/src/server/peer_address.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>

namespace ropeway::server {
namespace {

std::string text_of(const void* address, std::size_t size, std::uint16_t& port) {
  std::array<char, 46> text{};
  const observability::Peer peer = peer_of(address, size);
  port = peer.port;
  return {text.data(), format_peer_address(peer, text)};
}

TEST_CASE("an IPv4 address is written with dots, beside its port") {
  for (const char* expected : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "203.0.113.7", "10.200.3.40"}) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(40123);
    REQUIRE(inet_pton(AF_INET, expected, &address.sin_addr) == 1);
    std::uint16_t port = 0;
    CHECK(text_of(&address, sizeof address, port) == expected);
    CHECK(port == 40123);
  }
}

TEST_CASE("an IPv6 address is written in short form, and a mapped one as IPv4") {
  const std::array<std::array<const char*, 2>, 4> cases{
      {{"::1", "::1"},
       {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
       {"2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:6666"},
       {"::ffff:192.0.2.33", "192.0.2.33"}}};
  for (const auto& [given, expected] : cases) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(65535);
    REQUIRE(inet_pton(AF_INET6, given, &address.sin6_addr) == 1);
    std::uint16_t port = 0;
    CHECK(text_of(&address, sizeof address, port) == expected);
    CHECK(port == 65535);
  }
}

TEST_CASE("the whole end has its port, behind brackets where the address has colons") {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(4711);
  REQUIRE(inet_pton(AF_INET, "203.0.113.7", &ipv4.sin_addr) == 1);
  CHECK(to_string(peer_of(&ipv4, sizeof ipv4)) == "203.0.113.7:4711");
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(1);
  REQUIRE(inet_pton(AF_INET6, "2001:db8::1", &ipv6.sin6_addr) == 1);
  CHECK(to_string(peer_of(&ipv6, sizeof ipv6)) == "[2001:db8::1]:1");
  CHECK(to_string(peer_of("", 0)) == "unix");
}

TEST_CASE("the other end of a unix socket has no address") {
  std::uint16_t port = 1;
  CHECK(text_of("", 0, port) == "unix");
  CHECK(port == 0);
}

}  // namespace
}  // namespace ropeway::server
