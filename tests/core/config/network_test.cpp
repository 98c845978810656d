#include "core/src/config/network.hpp"

#include <doctest/doctest.h>

#include "core/src/config/loader.hpp"

namespace ropeway::config {
namespace {

bool covers(std::string_view network, std::string_view address) {
  Network::Address bytes{};
  REQUIRE(parse_address(address, bytes));
  const auto parsed = parse_network(network);
  REQUIRE(std::holds_alternative<Network>(parsed));
  return std::get<Network>(parsed).contains(bytes);
}

std::string fault(std::string_view network) {
  const auto parsed = parse_network(network);
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "good";
}

}  // namespace

TEST_CASE("networks cover their addresses and no others, to the bit") {
  CHECK(covers("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(covers("192.0.2.7", "192.0.2.6"));
  CHECK(covers("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(covers("10.0.0.0/8", "11.0.0.0"));
  CHECK(covers("192.0.2.128/25", "192.0.2.128"));
  CHECK_FALSE(covers("192.0.2.128/25", "192.0.2.127"));
  CHECK(covers("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(covers("0.0.0.0/0", "2001:db8::1"));
  CHECK(covers("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(covers("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(covers("::1", "::1"));
  CHECK(covers("10.0.0.0/8", "::ffff:10.1.2.3"));
  CHECK_FALSE(std::get<Network>(parse_network("unix")).contains({}));
}

TEST_CASE("what is no network is told with the remedy") {
  CHECK(fault("10.1.0.0/8") == "\"10.1.0.0/8\" is an address inside of a network: write \"10.0.0.0/8\" for all of it");
  CHECK(fault("2001:db8::1/32").find("\"2001:db8::/32\"") != std::string::npos);
  CHECK(fault("10.0.0.0/33") == "found the prefix \"33\", expected a number of bits from 0 to 32");
  for (const char* bad :
       {"proxy.example.org", "10.0.0", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "[::1]", "1.2.3.4:80", "", "fe80::1%lo"}) {
    CAPTURE(bad);
    CHECK(fault(bad) != "good");
  }
}

TEST_CASE("a configuration's trusted proxies are read, and a bad one is shown with its place") {
  const Loaded good =
      load(R"({"routes": [], "trusted_proxies": ["10.0.0.0/8", "unix"], "forwarded": {"fields": "forwarded", "host": true}})", "", {});
  REQUIRE(good.config);
  CHECK(good.config->proxies.trusted.size() == 2);
  CHECK(good.config->proxies.fields == ProxiesConfig::Fields::forwarded);
  CHECK(good.config->proxies.host);
  const Loaded bare = load(R"({"routes": []})", "", {});
  REQUIRE(bare.config);
  CHECK(bare.config->proxies.trusted.empty());
  CHECK(bare.config->proxies.fields == ProxiesConfig::Fields::x_forwarded);
  CHECK_FALSE(bare.config->proxies.host);
  const Loaded bad = load("{\"routes\": [],\n \"trusted_proxies\": [\"::1\", \"proxy\"]}", "x.json", {});
  REQUIRE(bad.diagnostics.size() == 1);
  CHECK(bad.diagnostics[0].line == 2);
  CHECK(bad.diagnostics[0].column == 29);
  CHECK(bad.diagnostics[0].message.find("names are not looked up") != std::string::npos);
}

}  // namespace ropeway::config
