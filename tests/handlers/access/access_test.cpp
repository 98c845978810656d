#include "handlers/access/access.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "core/src/http/request_access.hpp"

namespace ropeway::handlers {
namespace {

struct Answer final : Handler {
  Response handle(const Request&) const override { return Response::text("answer"); }
};

/// Whether a client of that address passes.
bool passes(std::string_view options, std::string_view peer, std::string_view forwarded_for = "") {
  const Access middleware(ConfigNode::from_json(options, Access::settings()));
  Request request = testing::RequestBuilder("GET", "/").build();
  RequestAccess::set_peer(request, peer, 1);
  if (!forwarded_for.empty()) RequestAccess::set_forwarded(request, forwarded_for, "", "");
  const Response response = testing::call(middleware, Answer{}, std::move(request));
  if (response.status() != Status::ok) CHECK(response.status() == Status::forbidden);
  return response.status() == Status::ok;
}

std::vector<std::string> mistakes(std::string_view options) {
  try {
    const Access middleware(ConfigNode::from_json(options, Access::settings()));
  } catch (const ConfigErrors& errors) {
    std::vector<std::string> all;
    for (const ConfigError& error : errors.all()) all.push_back(error.pointer() + ": " + error.what());
    return all;
  } catch (const ConfigError& error) { return {error.pointer() + ": " + error.what()}; }
  return {};
}

}  // namespace

TEST_CASE("clients pass by the narrowest network that holds their address") {
  struct Case {
    const char* options;
    const char* address;
    bool passes;
  };
  constexpr const char* nested = R"({"allow": ["10.0.0.0/8", "10.1.2.3"], "deny": ["10.1.0.0/16", "0.0.0.0/0"]})";
  constexpr const char* denied = R"({"deny": ["192.0.2.0/24", "2001:db8::/32", "unix"]})";
  constexpr const char* six = R"({"allow": ["2001:db8::/32", "fe80::/10", "192.0.2.128/25"], "deny": ["2001:db8:bad::/48"]})";
  for (const Case& one : {Case{nested, "10.9.9.9", true},
                          Case{nested, "10.1.9.9", false},
                          Case{nested, "10.1.2.3", true},
                          Case{nested, "10.1.2.4", false},
                          Case{nested, "11.0.0.1", false},
                          Case{nested, "::ffff:10.9.9.9", true},
                          Case{nested, "::ffff:10.1.2.4", false},
                          Case{nested, "2001:db8::1", false},
                          Case{nested, "unix", false},
                          Case{denied, "192.0.2.255", false},
                          Case{denied, "192.0.3.0", true},
                          Case{denied, "2001:db8:ffff::1", false},
                          Case{denied, "2001:db9::", true},
                          Case{denied, "unix", false},
                          Case{denied, "::ffff:192.0.2.1", false},
                          Case{denied, "unknown", false},
                          Case{denied, "", false},
                          Case{six, "2001:db8::1", true},
                          Case{six, "2001:db8:bad:1::1", false},
                          Case{six, "2001:db8:bae::1", true},
                          Case{six, "fe80::1%eth0", true},
                          Case{six, "192.0.2.127", false},
                          Case{six, "192.0.2.128", true},
                          Case{six, "2001:DB8::A", true},
                          Case{R"({"allow": ["unix"]})", "unix", true},
                          Case{R"({"allow": ["unix"]})", "127.0.0.1", false},
                          Case{R"({"allow": ["::/0"]})", "127.0.0.1", true},
                          Case{R"({"allow": ["0.0.0.0/0"]})", "::1", false},
                          Case{R"({"allow": ["::ffff:10.0.0.0/104"]})", "10.1.1.1", true}}) {
    CAPTURE(one.options);
    CAPTURE(one.address);
    CHECK(passes(one.options, one.address) == one.passes);
  }
}

TEST_CASE("the client that a trusted proxy has told of is meant, not the proxy") {
  CHECK(passes(R"({"allow": ["192.0.2.7"]})", "10.0.0.1", "192.0.2.7"));
  CHECK_FALSE(passes(R"({"allow": ["10.0.0.1"]})", "10.0.0.1", "192.0.2.7"));
}

TEST_CASE("every mistake in the networks is told with its place") {
  CHECK(
      mistakes(
          R"({"allow": ["10.0.0.1/8", "example.org", "10.0.0.0/33"], "deny": ["2001:db8::1/64", "fe80::1%eth0", "::/129", "10.0.0.0/"]})") ==
      std::vector<std::string>{
          R"(/allow: "10.0.0.1/8" is an address inside of a network: write "10.0.0.0/8" for all of it)",
          R"(/allow: "example.org" is no address, and no network such as "10.0.0.0/8" or "2001:db8::/32"; names are not looked up)",
          R"(/allow: "10.0.0.0/33": behind "/" stands a number of bits from 0 to 32)",
          R"(/deny: "2001:db8::1/64" is an address inside of a network: write "2001:db8::/64" for all of it)",
          R"(/deny: "fe80::1%eth0" is no address, and no network such as "10.0.0.0/8" or "2001:db8::/32"; names are not looked up)",
          R"(/deny: "::/129": behind "/" stands a number of bits from 0 to 128)",
          R"(/deny: "10.0.0.0/": behind "/" stands a number of bits from 0 to 32)"});
  CHECK(mistakes(R"({"allow": ["10.0.0.0/8"], "deny": ["::ffff:10.0.0.0/104", "unix", "unix"]})") ==
        std::vector<std::string>{R"(/deny: "::ffff:10.0.0.0/104" stands there twice, or in both lists: remove one)",
                                 R"(/deny: "unix" stands there twice, or in both lists: remove one)"});
  CHECK(mistakes("{}") == std::vector<std::string>{R"(/allow: name networks in "allow" or "deny": without any, everybody passes)"});
}

}  // namespace ropeway::handlers
