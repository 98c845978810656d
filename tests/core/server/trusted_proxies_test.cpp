#include "core/src/server/trusted_proxies.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <vector>

#include "core/src/http/request_access.hpp"
#include "tests/core/http/sample_request.hpp"
#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server {
namespace {

using Fields = config::ProxiesConfig::Fields;

TrustedProxies trusting(Fields fields, bool host, std::initializer_list<const char*> networks = {"10.0.0.0/8", "fd00::/8"}) {
  config::ProxiesConfig config;
  config.fields = fields;
  config.host = host;
  for (const char* network : networks) config.trusted.push_back(std::get<config::Network>(config::parse_network(network)));
  return TrustedProxies(config);
}

// What a request from the proxy 10.0.0.1 is taken for: "address scheme authority".
std::string client(const TrustedProxies& proxies, std::initializer_list<HeaderField> fields) {
  std::vector<HeaderField> all(fields);
  http::RequestHead head;
  head.method_name = "GET";
  head.target = head.raw_path = "/";
  head.host = "own.example";
  all.push_back({"Host", "own.example:8000"});
  head.fields = all;
  Request request;
  REQUIRE(RequestAccess::assign(request, head));
  RequestAccess::set_peer(request, "10.0.0.1", 4711);
  proxies.find_client(request);
  return std::string(request.client_address()) + " " + std::string(request.scheme()) + " " + std::string(request.authority());
}

}  // namespace

TEST_CASE("the client is the last address that no trusted proxy has, whatever stands in front of it") {
  const TrustedProxies proxies = trusting(Fields::x_forwarded, false);
  const auto address = [&](std::string_view value) {
    const std::string all = client(proxies, {{"X-Forwarded-For", value}});
    return all.substr(0, all.find(' '));
  };
  CHECK(address("203.0.113.7") == "203.0.113.7");
  CHECK(address("198.51.100.9, 203.0.113.7") == "203.0.113.7");  // the first is what the client claims
  CHECK(address("198.51.100.9, 203.0.113.7, 10.0.0.3, 10.0.0.2") == "203.0.113.7");
  CHECK(address("10.0.0.3, 10.0.0.2") == "10.0.0.3");
  CHECK(address("203.0.113.7:5000") == "203.0.113.7");
  CHECK(address("2001:DB8:0::7") == "2001:db8::7");
  CHECK(address("[2001:db8::7]:5000, fd00::1") == "2001:db8::7");
  CHECK(address("[2001:db8::7]") == "2001:db8::7");
  CHECK(address("::ffff:203.0.113.7") == "203.0.113.7");
  CHECK(address("\"unclosed, 203.0.113.7") == "203.0.113.7");
  CHECK(address("garbage, 203.0.113.7,, ") == "203.0.113.7");
  // Malformed where it counts: the peer.
  for (const char* bad :
       {"garbage", "203.0.113.7, garbage", "203.0.113.7, 10.0.0", "[203.0.113.7]", "[2001:db8::7]x", "203.0.113.7, [::1", "a:b"}) {
    CAPTURE(bad);
    CHECK(address(bad) == "10.0.0.1");
  }
  CHECK(address("203.0.113.7, unknown, 10.0.0.2") == "10.0.0.2");  // what is known last
  CHECK(address("203.0.113.7, unknown") == "10.0.0.1");
  CHECK(address("") == "10.0.0.1");
  std::string many = "198.51.100.9";
  for (int i = 0; i < 100; ++i) many += ", 198.51.100." + std::to_string(i);
  CHECK(address(many + ", 203.0.113.7") == "203.0.113.7");
  CHECK(client(proxies, {{"X-Forwarded-For", "198.51.100.9"}, {"x-forwarded-for", "203.0.113.7"}}) == "203.0.113.7 http own.example:8000");
}

TEST_CASE("the scheme is what the proxy next to the client says, and the host only where that is wanted") {
  const TrustedProxies without = trusting(Fields::x_forwarded, false);
  const TrustedProxies with = trusting(Fields::x_forwarded, true);
  const HeaderField from{"X-Forwarded-For", "203.0.113.7, 10.0.0.2"};
  CHECK(client(without, {from, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "evil.org"}}) == "203.0.113.7 https own.example:8000");
  CHECK(client(with, {from, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "example.org"}}) == "203.0.113.7 https example.org");
  CHECK(client(with, {from, {"X-Forwarded-Proto", "https, http"}}) == "203.0.113.7 https own.example:8000");
  CHECK(client(with, {from, {"X-Forwarded-Proto", "https, http, http"}}) == "203.0.113.7 http own.example:8000");
  CHECK(client(with, {from, {"X-Forwarded-Proto", "gopher"}}) == "203.0.113.7 http own.example:8000");
  CHECK(client(with, {from, {"X-Forwarded-Host", "example.org"}, {"X-Forwarded-Port", "8443"}}) == "203.0.113.7 http example.org:8443");
  CHECK(client(with, {from, {"X-Forwarded-Host", "example.org"}, {"X-Forwarded-Port", "443"}, {"X-Forwarded-Proto", "https"}}) ==
        "203.0.113.7 https example.org");
  CHECK(client(with, {from, {"X-Forwarded-Host", "[2001:db8::1]"}, {"X-Forwarded-Port", "81"}}) == "203.0.113.7 http [2001:db8::1]:81");
  CHECK(client(with, {from, {"X-Forwarded-Host", "a/b@c"}}) == "203.0.113.7 http own.example:8000");
  CHECK(client(with, {from, {"X-Forwarded-Host", "example.org"}, {"X-Forwarded-Port", "80x"}}) == "203.0.113.7 http example.org");
}

TEST_CASE("only one family of fields is believed") {
  const HeaderField x{"X-Forwarded-For", "198.51.100.9"};
  const HeaderField forwarded{"Forwarded", "for=203.0.113.7;proto=https"};
  CHECK(client(trusting(Fields::x_forwarded, false), {x, forwarded}) == "198.51.100.9 http own.example:8000");
  CHECK(client(trusting(Fields::forwarded, false), {x, forwarded}) == "203.0.113.7 https own.example:8000");
}

TEST_CASE("Forwarded is read by its grammar (RFC 7239)") {
  const TrustedProxies proxies = trusting(Fields::forwarded, true);
  const auto told = [&](std::string_view value) { return client(proxies, {{"Forwarded", value}}); };
  CHECK(told("For=\"[2001:db8:cafe::17]:4711\"; Proto=https;by=10.0.0.9;host=\"example.org:8443\"") ==
        "2001:db8:cafe::17 https example.org:8443");
  CHECK(told("for=198.51.100.9;proto=http, for=203.0.113.7;proto=https, for=10.0.0.2;proto=http") == "203.0.113.7 https own.example:8000");
  CHECK(told("for=\"_a,b;c\";proto=https") == "10.0.0.1 https own.example:8000");
  CHECK(told("for=203.0.113.7, for=_hidden") == "10.0.0.1 http own.example:8000");
  CHECK(client(proxies, {{"Forwarded", "for=198.51.100.9"}, {"Forwarded", "for=203.0.113.7"}}) == "203.0.113.7 http own.example:8000");
  for (const char* bad : {"for=203.0.113.7;for=203.0.113.8", "for", "for=\"203.0.113.7", "for=\"203.0.113.\\7\"", "for=2001:db8::1", "=x",
                          "for =203.0.113.7", "for=\"x\"y"}) {
    CAPTURE(bad);
    CHECK(told(bad) == "10.0.0.1 http own.example:8000");
  }
}

TEST_CASE("a connection is a proxy's by its address, or as one on a unix socket") {
  const TrustedProxies proxies = trusting(Fields::x_forwarded, false);
  const TrustedProxies unix_sockets = trusting(Fields::x_forwarded, false, {"unix"});
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(0x0A01'0203);
  CHECK(proxies.covers(&ipv4, sizeof ipv4));
  CHECK_FALSE(unix_sockets.covers(&ipv4, sizeof ipv4));
  ipv4.sin_addr.s_addr = htonl(0x0B01'0203);
  CHECK_FALSE(proxies.covers(&ipv4, sizeof ipv4));
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr.s6_addr[0] = 0xFD;
  CHECK(proxies.covers(&ipv6, sizeof ipv6));
  const sockaddr_un path{AF_UNIX, ""};
  CHECK_FALSE(proxies.covers(&path, sizeof path));
  CHECK(unix_sockets.covers(&path, sizeof(sa_family_t)));
  CHECK_FALSE(trusting(Fields::x_forwarded, false, {}).covers(&ipv4, sizeof ipv4));
}

TEST_CASE("a request that a trusted proxy passes on is its client's; from anybody else the fields mean nothing") {
  for (const bool trusted : {false, true}) {
    CAPTURE(trusted);
    WorkerFixture fixture(routes(route("GET /",
                                       [](const Request& request) {
                                         return Response::text(std::string(request.client_address()) + " " + std::string(request.scheme()) +
                                                               " " + std::string(request.peer_address()) + " " + request.local_address() +
                                                               " " + std::to_string(request.local_port() != 0));
                                       })),
                          1, [trusted](WorkerOptions& options) {
                            options.limits.connections_per_address = 2;
                            if (trusted) options.proxies.trusted = {std::get<config::Network>(config::parse_network("127.0.0.0/8"))};
                          });
    auto client = fixture.connect();
    const auto told = client.get("/", "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n").body;
    CHECK(told == (trusted ? "203.0.113.7 https 127.0.0.1 127.0.0.1 1" : "127.0.0.1 http 127.0.0.1 127.0.0.1 1"));
    CHECK(client.get("/").body == "127.0.0.1 http 127.0.0.1 127.0.0.1 1");  // nothing is left of the request before
    // A proxy's connections are not counted as one client's.
    auto second = fixture.connect();
    auto third = fixture.connect();
    CHECK(second.get("/").status == 200);
    CHECK(third.get("/").status == (trusted ? 200 : 429));
  }
}

}  // namespace ropeway::server
