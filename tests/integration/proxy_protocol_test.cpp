// Behind a load balancer that says whom it speaks for with a PROXY header.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/proxy_headers.hpp"
#include "tests/support/server_process.hpp"

namespace proxy_protocol_test {

using namespace ropeway::testing;
using namespace ropeway::testing::behind_balancer;

namespace {

bool has_told(const ServerProcess& server, const std::string& words) {
  return eventually([&] { return server.standard_error().find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("whom a PROXY header tells of is the peer, in every model") {
  const std::pair<std::string, std::string> cases[] = {
      {header, "203.0.113.7"},
      {"PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n", "2001:db8::7"},
      {binary_proxy_header(0x21, 0x11, binary_ipv4()), "203.0.113.7"},
      {binary_proxy_header(0x21, 0x11, binary_ipv4() + std::string(2000, '\x04')), "203.0.113.7"},
      {binary_proxy_header(0x21, 0x21, binary_ipv6()), "2001:db8::7"},
      {"PROXY UNKNOWN\r\n", "127.0.0.1"},
      {binary_proxy_header(0x20, 0x00, ""), "127.0.0.1"},
      {binary_proxy_header(0x20, 0x11, binary_ipv4()), "127.0.0.1"},
      {binary_proxy_header(0x21, 0x00, ""), "127.0.0.1"},
      {binary_proxy_header(0x21, 0x31, std::string(216, '/')), "127.0.0.1"},
  };
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, listening + trusted + site);
    std::vector<std::string> expected;
    for (const auto& [bytes, address] : cases) {
      RawClient whole = server->connect();
      whole.send(bytes + request + request);
      CHECK(whole.read_response().body == "answer");
      CHECK(whole.read_response().body == "answer");
      CHECK(whole.get("/").body == "answer");  // and no header in front of it
      RawClient apart = server->connect();
      apart.send(bytes);
      CHECK(apart.get("/").body == "answer");
      RawClient cut = server->connect();
      const std::string all = bytes.size() > 500 ? bytes.substr(0, 20) : bytes;
      for (const char byte : all) cut.send({&byte, 1});
      cut.send(bytes.substr(all.size()));
      CHECK(cut.get("/").body == "answer");
      expected.insert(expected.end(), 5, address);
    }
    end(*server);
    std::ranges::sort(expected);
    CHECK(logged_addresses(folder) == expected);
    CHECK(server->complaints().find("PROXY") == std::string::npos);
  }
}

TEST_CASE("a connection without a PROXY header, or with a broken one, is closed without an answer, and the log says why") {
  const std::pair<std::string, std::string> cases[] = {
      {request, "the connection does not begin with a PROXY header"},
      {"PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n" + request, "a PROXY header has not two addresses and two ports"},
      {std::string(200, 'P'), "the connection does not begin with a PROXY header"},
      {"PROXY UNKNOWN " + std::string(200, 'x'), "the line of a PROXY header is longer than 107 bytes"},
      {binary_proxy_header(0x21, 0x11, std::string(5000, 'x')), "a PROXY header is longer than 4096 bytes"},
      {binary_proxy_header(0x21, 0x11, "x") + request, "a PROXY header is too short for its addresses"},
  };
  for (const Model& model : {Model{0, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, listening + trusted + site);
    for (const auto& [bytes, reason] : cases) {
      CAPTURE(reason);
      RawClient client = server->connect();
      client.send_what_fits(bytes);
      CHECK(client.ends_without_more());
      CHECK(has_told(*server, reason));
    }
    RawClient half = server->connect();
    half.send("PROXY TCP4 203.0");
    half.half_close();
    CHECK(half.ends_without_more());
    CHECK(has_told(*server, "the connection ended within its PROXY header"));
    CHECK(has_told(*server, "peer=127.0.0.1"));
    RawClient nothing = server->connect();
    nothing.half_close();
    CHECK(nothing.ends_without_more());
    RawClient twice = server->connect();
    twice.send(header + header + request);
    CHECK(twice.read_response().status == 400);  // the second is HTTP, and a bad one
    end(*server);
    CHECK(logged_addresses(folder) == std::vector<std::string>{"203.0.113.7"});
  }
}

TEST_CASE("a PROXY header that does not arrive in time ends the connection") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 2}, folder, listening + trusted + R"("timeouts": {"header": "1s"}, )" + site);
  RawClient without = server->connect();
  RawClient partly = server->connect();
  partly.send("PROXY TCP4 203.0.113.7");
  RawClient complete = server->connect();
  complete.send(header);
  CHECK(without.ends_without_more());
  CHECK(partly.ends_without_more());
  CHECK(complete.ends_without_more());  // its request has not begun in time: as without a header
  CHECK(has_told(*server, "the PROXY header did not arrive in time (timeouts.header)"));
  end(*server);
  CHECK(logged_addresses(folder).empty());
}

TEST_CASE("a PROXY header of a peer that is none of trusted_proxies sets no address: the connection is closed") {
  for (const Model& model : {Model{0, 1}, Model{2, 1}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, listening + R"("trusted_proxies": ["192.0.2.0/24", "203.0.113.7"], )" + site);
    for (const std::string& bytes :
         {header, binary_proxy_header(0x21, 0x11, binary_ipv4()), binary_proxy_header(0x20, 0, ""), std::string()}) {
      RawClient client = server->connect();
      client.send_what_fits(bytes + request);
      CHECK(client.ends_without_more());
    }
    CHECK(has_told(*server, "the peer is none of trusted_proxies"));
    end(*server);
    CHECK(logged_addresses(folder).empty());
  }
}

TEST_CASE("forwarding fields are believed from a client that is a trusted proxy, and never from a balancer that knows no client") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, listening + R"("trusted_proxies": ["127.0.0.1", "198.51.100.0/24"], )" + site);
  const std::pair<std::string, std::string> cases[] = {
      {"PROXY TCP4 198.51.100.9 192.0.2.1 4711 80\r\n", "192.0.2.77"},
      {header, "203.0.113.7"},
      {"PROXY UNKNOWN\r\n", "127.0.0.1"},
      {binary_proxy_header(0x20, 0, ""), "127.0.0.1"},
  };
  std::vector<std::string> expected;
  for (const auto& [bytes, address] : cases) {
    RawClient client = server->connect();
    client.send(bytes);
    CHECK(client.get("/", "X-Forwarded-For: 192.0.2.77\r\n").status == 200);
    expected.push_back(address);
  }
  end(*server);
  std::ranges::sort(expected);
  CHECK(logged_addresses(folder) == expected);
}

TEST_CASE("connections are counted by the addresses that PROXY headers tell of") {
  const Model model{1, 2};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, listening + trusted + R"("limits": {"connections_per_address": 2}, )" + site);
  const std::string other = "PROXY TCP4 203.0.113.8 192.0.2.1 4711 80\r\n";
  std::vector<RawClient> clients;
  for (const std::string& bytes : {header, header, other, other}) {
    clients.push_back(server->connect());
    clients.back().send(bytes);
    CHECK(clients.back().get("/").status == 200);
  }
  const auto status = [&](const std::string& bytes) {
    RawClient client = server->connect();
    client.send(bytes + request);
    return client.read_response().status;
  };
  CHECK(status(header) == 429);
  CHECK(status("PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n") == 200);
  CHECK(status("PROXY UNKNOWN\r\n") == 200);
  CHECK(::kill(server->workers(model).front(), SIGTERM) == 0);  // its successor counts what it takes over
  CHECK(clients.front().get("/").status == 200);
  CHECK(eventually([&] { return status(header) == 429; }));
  clients.pop_back();
  clients.pop_back();
  CHECK(eventually([&] { return status(other) == 200; }));
}

TEST_CASE("beside it, an address without PROXY headers is served as ever") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder,
                                         R"("listen": [{"address": "unix:a.sock", "proxy_protocol": true},
    {"address": "127.0.0.1:0"}], "trusted_proxies": ["unix"], )" +
                                             site);
  RawClient plain = server->connect(1);
  CHECK(plain.get("/").status == 200);
  CHECK(server->connect(1).exchange(header + request).status == 400);
  RawClient announced = server->connect(0);
  announced.send(header);
  CHECK(announced.get("/").status == 200);
  end(*server);
  CHECK(logged_addresses(folder) == std::vector<std::string>{"127.0.0.1", "127.0.0.1", "203.0.113.7"});
}

}  // namespace proxy_protocol_test
