#include "handlers/fastcgi/fastcgi.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/recording_services.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ropeway::handlers {

TEST_CASE("addresses of responders are sockets, and anything else is refused with its place") {
  const testing::TemporaryFolder folder;
  const auto made = [&](const std::string& server, const std::string& more = "") {
    testing::RecordingServices services;
    try {
      const FastCgi handler(
          ConfigNode::from_json(R"({"root": ")" + folder.path().string() + R"(", "server": )" + server + more + "}", FastCgi::settings()),
          services);
    } catch (const ConfigError& error) { return error.pointer() + ": " + error.what(); }
    std::string names;
    for (const UpstreamAddress& address : services.upstreams().addresses) {
      names += address.url + " = " + (address.socket.empty() ? address.host + " " + std::to_string(address.port) : address.socket) + ";";
    }
    return names;
  };
  CHECK(made(R"("unix:/run/php.sock")") == "unix:/run/php.sock = /run/php.sock;");
  CHECK(made(R"(["127.0.0.1:9000", "[::1]:9001"])") == "127.0.0.1:9000 = 127.0.0.1 9000;[::1]:9001 = ::1 9001;");
  for (const char* wrong : {"127.0.0.1", "[::1]", "127.0.0.1:0", "127.0.0.1:9000/", "127.0.0.1:9000/x", "http://127.0.0.1:9000",
                            "unix:php.sock", "unix:/run/php.sock:/x", "/run/php.sock"}) {
    CAPTURE(std::string(wrong));
    CHECK(made('"' + std::string(wrong) + '"') ==
          "/server: \"" + std::string(wrong) + "\" is no address of a responder: write \"unix:/path/of/socket\" or \"host:port\"");
  }
  CHECK(made(R"("unix:/x")", R"(, "params": {"A-B": "c"})").starts_with("/params/A-B: a variable's name"));
}

}  // namespace ropeway::handlers
