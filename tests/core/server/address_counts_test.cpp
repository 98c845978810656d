#include "core/src/server/address_counts.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace ropeway::server {
namespace {

AddressCounts::Entry enter(AddressCounts& counts, const char* text) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text, &in.sin_addr) == 1) return counts.enter(&in, sizeof in);
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
  return counts.enter(&in6, sizeof in6);
}

}  // namespace

TEST_CASE("connections of an address are counted while they are open") {
  AddressCounts counts(2);
  const auto first = enter(counts, "192.0.2.1");
  CHECK_FALSE(first.too_many);
  CHECK_FALSE(enter(counts, "192.0.2.1").too_many);
  const auto third = enter(counts, "192.0.2.1");
  CHECK(third.too_many);
  CHECK(third.key == first.key);
  CHECK_FALSE(enter(counts, "192.0.2.2").too_many);
  counts.leave(third.key);
  counts.leave(first.key);
  CHECK_FALSE(enter(counts, "192.0.2.1").too_many);
  CHECK(enter(counts, "192.0.2.1").too_many);
}

TEST_CASE("IPv6 counts by /64, and a mapped address is the IPv4 one") {
  AddressCounts counts(1);
  const auto v6 = enter(counts, "2001:db8:1:2::1");
  CHECK(enter(counts, "2001:db8:1:2:ffff::9").key == v6.key);
  CHECK(enter(counts, "2001:db8:1:3::1").key != v6.key);
  const auto v4 = enter(counts, "192.0.2.1");
  CHECK(enter(counts, "::ffff:192.0.2.1").key == v4.key);
}

TEST_CASE("without a limit, and without an address, nothing is counted") {
  AddressCounts unlimited(0);
  CHECK(enter(unlimited, "192.0.2.1").key == 0);
  AddressCounts counts(1);
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  for (int i = 0; i < 3; ++i) {
    const auto entry = counts.enter(&un, sizeof un.sun_family);
    CHECK(entry.key == 0);
    CHECK_FALSE(entry.too_many);
  }
  counts.leave(0);
}

}  // namespace ropeway::server
