// Behind a proxy: whom the access log takes a request for.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/server_process.hpp"

namespace ropeway::testing::proxies_test {
namespace {

constexpr const char* routes = R"("log": {"access": {"file": "access.log"}}, "routes": [{"match": "/", "handler": "fixed_response"}])";

std::string first_address(const TemporaryFolder& folder) {
  const std::string log = read_file(folder / "access.log");
  return log.substr(0, log.find(' '));
}

}  // namespace

TEST_CASE("the access log has the client that a trusted proxy tells of, and from anybody else the peer") {
  const struct {
    const char* settings;
    const char* field;
    const char* logged;
  } cases[] = {
      {R"("trusted_proxies": ["127.0.0.0/8"], )", "X-Forwarded-For: 198.51.100.1, 203.0.113.7", "203.0.113.7"},
      {R"("trusted_proxies": ["127.0.0.1"], "forwarded": {"fields": "forwarded"}, )", "Forwarded: for=\"[2001:db8::7]:80\"", "2001:db8::7"},
      {R"("trusted_proxies": ["127.0.0.1"], )", "Forwarded: for=203.0.113.7", "127.0.0.1"},
      {R"("trusted_proxies": ["10.0.0.0/8"], )", "X-Forwarded-For: 203.0.113.7", "127.0.0.1"},
      {"", "X-Forwarded-For: 203.0.113.7", "127.0.0.1"},
  };
  for (const auto& [settings, field, logged] : cases) {
    for (const Model& model : {Model{0, 1}, Model{2, 2}}) {
      CAPTURE(settings);
      CAPTURE(model.name());
      const TemporaryFolder folder;
      const auto server = ServerProcess::run(model, folder, std::string(settings) + routes);
      CHECK(server->connect().get("/", std::string(field) + "\r\n").status == 200);
      server->signal(SIGTERM);
      CHECK(server->wait() == 0);
      CHECK(first_address(folder) == logged);
    }
  }
}

TEST_CASE("whoever connects over a unix socket is a proxy where the configuration says so") {
  const TemporaryFolder folder;
  const auto server =
      ServerProcess::run({1, 1}, folder, R"("listen": ["unix:web.sock"], "trusted_proxies": ["unix"], )" + std::string(routes));
  CHECK(server->connect().get("/", "X-Forwarded-For: 203.0.113.7\r\n").status == 200);
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
  CHECK(first_address(folder) == "203.0.113.7");
}

TEST_CASE("a network that is none is an error with its place and the remedy, before the server starts") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", "{\"trusted_proxies\": [\"10.1.0.0/8\"], \"routes\": []}");
  ChildProcess check({program(), "check", "--config", file}, folder.path().string());
  CHECK(check.wait() != 0);
  const std::string told = check.standard_output() + check.standard_error();
  CHECK(told.find("ropeway.json:1:22: error: \"10.1.0.0/8\" is an address inside of a network: write \"10.0.0.0/8\" for all of it") !=
        std::string::npos);
}

}  // namespace ropeway::testing::proxies_test
