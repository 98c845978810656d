// Addresses with a protocol of their own.

#include <doctest/doctest.h>

#include <signal.h>

#include <string>
#include <vector>

#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace stream_integration_test {

using namespace ropeway::testing;

namespace {

constexpr const char* site = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

// The first address speaks HTTP, the second is served by `handler`; `members` of the configuration besides.
std::unique_ptr<ServerProcess> run(const Model& model, const TemporaryFolder& folder, const std::string& handler,
                                   const std::string& members, const std::string& executable) {
  return ServerProcess::run(model, folder, R"("listen": ["127.0.0.1:0", {"address": "127.0.0.1:0", )" + handler + "}]," + members + site,
                            {}, executable);
}

std::unique_ptr<ServerProcess> echo(const Model& model, const TemporaryFolder& folder, const std::string& options = "{}",
                                    const std::string& members = "") {
  return run(model, folder, R"("handler": "line_echo", "options": )" + options, members, example_program("line_protocol"));
}

std::unique_ptr<ServerProcess> wire(const Model& model, const TemporaryFolder& folder, const std::string& options = "{}",
                                    const std::string& members = "") {
  return run(model, folder, R"("handler": "wire", "options": )" + options, members, unruly_program());
}

bool has_told(const ServerProcess& server, const std::string& words) {
  return eventually([&] { return server.standard_error().find(words) != std::string::npos; });
}

void check_end(ServerProcess& server) {
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
}

}  // namespace

TEST_CASE("an address with a protocol of its own is served beside one that speaks HTTP, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = echo(model, folder, R"({"greeting": "hello"})");
    CHECK(server->urls().at(1).starts_with("tcp://127.0.0.1:"));
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(server->connect(1));
    for (RawClient& client : clients) CHECK(client.read_bytes(7) == "hello\r\n");
    for (RawClient& client : clients) {
      client.send("one\r\ntw");
      CHECK(client.read_bytes(5) == "one\r\n");
      client.send("o\n\n");
      CHECK(client.read_bytes(7) == "two\r\n\r\n");
    }
    CHECK(server->connect().get("/").body == "answer");
    for (RawClient& client : clients) {
      client.send("last\nquit\nunread");
      CHECK(client.read_until_close() == "last\r\n");
    }
    RawClient ends = server->connect(1);
    ends.send("a\nb\n");
    ends.half_close();
    CHECK(ends.read_until_close() == "hello\r\na\r\nb\r\n");
    check_end(*server);
  }
}

TEST_CASE("many bytes go both ways, and a handler that reads slowly makes the client wait") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{1, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = wire(model, folder);
    RawClient counts = server->connect(1);
    counts.send("count\n" + std::string(5'000'000, 'y'));
    counts.half_close();
    CHECK(counts.read_until_close() == "5000000");
    RawClient flood = server->connect(1);
    flood.send("flood\n");
    CHECK(flood.read_bytes(30'000'000) == std::string(30'000'000, 'x'));
    flood.reset();
    CHECK(server->connect().get("/").body == "answer");
    check_end(*server);
  }
}

TEST_CASE("a handler may end its side first, and is told when the client ends the other") {
  const TemporaryFolder folder;
  const auto server = wire({1, 1}, folder);
  RawClient client = server->connect(1);
  client.send("half\n");
  CHECK(client.read_until_close().empty());  // which ends the client's side, too
  CHECK(has_told(*server, "half: the end"));
  check_end(*server);
}

TEST_CASE("clients that say nothing or do not read are closed in time, and the log says why") {
  const TemporaryFolder folder;
  const auto server = wire({1, 2}, folder, R"({"stream": {"idle": "200ms"}})", R"("timeouts": {"send": "200ms"},)");
  RawClient silent = server->connect(1);
  CHECK(silent.ends_without_more());
  CHECK(has_told(*server, "stream.idle"));
  RawClient deaf = server->connect(1);
  deaf.send("flood\n");
  CHECK(has_told(*server, "timeouts.send"));
  check_end(*server);
}

TEST_CASE("what a handler throws, and what it crashes, is known by its address and name, and nobody else notices") {
  const TemporaryFolder folder;
  const auto server = wire({2, 1}, folder);
  RawClient throws = server->connect(1);
  throws.send("throw\n");
  CHECK(throws.ends_without_more());
  CHECK(has_told(*server, "thrown by a stream's handler"));
  CHECK(has_told(*server, "handler=wire"));
  RawClient crashes = server->connect(1);
  crashes.send("crash\n");
  CHECK(crashes.ends_without_more());
  CHECK(has_told(*server, under_sanitizer ? "was inside a handler when it died" : "died in a handler"));
  CHECK(has_told(*server, "request=127.0.0.1:0"));
  CHECK(eventually([&] { return server->workers({2, 1}).size() == 2; }));
  for (int i = 0; i < 20; ++i) {
    RawClient peer = server->connect(1);
    peer.send("peer\n");
    CHECK(peer.read_until_close().starts_with("127.0.0.1 "));
  }
  check_end(*server);
}

TEST_CASE("an address in whose handler workers die again and again is closed for a while") {
  if (under_sanitizer) return;  // crashes end in its own way
  const TemporaryFolder folder;
  const auto server = wire({1, 1}, folder, "{}", R"("quarantine": {"crashes": 2, "window": "1h", "release": "1h"},)");
  CHECK(eventually([&] {
    RawClient client = server->connect(1);
    client.send("crash\n");
    CHECK(client.ends_without_more());
    return server->standard_error().find("is closed") != std::string::npos;
  }));
  RawClient client = server->connect(1);
  CHECK(client.ends_without_more());
  CHECK(server->connect().get("/").body == "answer");
  check_end(*server);
}

TEST_CASE("a PROXY header tells who the peer is, and what stands behind it in the same bytes is the handler's") {
  const TemporaryFolder folder;
  const auto server = wire({1, 1}, folder, R"({}, "proxy_protocol": true)", R"("trusted_proxies": ["127.0.0.1"],)");
  RawClient whole = server->connect(1);
  whole.send("PROXY TCP4 203.0.113.7 203.0.113.1 4711 80\r\npeer\n");
  CHECK(whole.read_until_close() == "203.0.113.7 4711");
  RawClient apart = server->connect(1);
  apart.send("PROXY TCP4 203.0.113.7 ");
  apart.send("203.0.113.1 4711 80\r\n");
  apart.send("peer\n");
  CHECK(apart.read_until_close() == "203.0.113.7 4711");
  RawClient none = server->connect(1);
  none.send("peer\n");
  CHECK(none.ends_without_more());
  check_end(*server);
}

TEST_CASE("a unix socket may have a protocol of its own, too") {
  const TemporaryFolder folder;
  const auto server =
      ServerProcess::run({2, 1}, folder, R"("listen": [{"address": "unix:wire.sock", "handler": "wire"}])", {}, unruly_program());
  RawClient client = server->connect();
  client.send("peer\n");
  CHECK(client.read_until_close() == "unix 0");
  check_end(*server);
}

TEST_CASE("too many connections are closed without a word of HTTP") {
  const TemporaryFolder folder;
  const auto server = wire({1, 1}, folder, "{}", R"("limits": {"connections": 3},)");
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server->connect(1));
    clients.back().send("slow\nx\n");
    CHECK(clients.back().read_bytes(1) == "x");
  }
  RawClient client = server->connect(1);
  CHECK(client.ends_without_more());
  clients.clear();
  check_end(*server);
}

TEST_CASE("when the server ends, streams between two messages are closed at once, and one that is at a message finishes it") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{1, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const auto server = wire(model, folder, "{}", R"("timeouts": {"drain": "60s", "drain_grace": "0ms"},)");
    RawClient idle = server->connect(1);
    idle.send("slow\na\n");
    CHECK(idle.read_bytes(1) == "a");
    RawClient busy = server->connect(1);
    busy.send("slow\nb\n");
    CHECK(busy.read_bytes(1) == "b");
    busy.send("c\n");
    server->signal(SIGTERM);
    CHECK(idle.ends_without_more());
    CHECK(busy.read_until_close() == "c");
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a stream that goes on past the drain is ended with it") {
  const TemporaryFolder folder;
  const auto server = wire({1, 2}, folder, "{}", R"("timeouts": {"drain": "200ms", "drain_grace": "0ms"},)");
  RawClient counts = server->connect(1);
  counts.send("count\nabc");
  RawClient flood = server->connect(1);
  flood.send("flood\n");
  CHECK(flood.read_bytes(100) == std::string(100, 'x'));
  server->signal(SIGTERM);
  CHECK(counts.ends_without_more());
  CHECK(server->wait() == 0);
}

TEST_CASE("a reload changes whose protocol an address has; the port stays") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = echo(model, folder, R"({"greeting": "old"})", R"("canary": {"percent": 0},)");
  RawClient before = server->connect(1);
  CHECK(before.read_bytes(5) == "old\r\n");
  std::string configuration = read_file(folder.path() / "ropeway.json");
  const std::size_t at = configuration.find("old");
  REQUIRE(at != std::string::npos);
  configuration.replace(at, 3, "new");
  (void)folder.write("ropeway.json", configuration);
  server->signal(SIGHUP);
  CHECK(before.read_until_close().empty());  // it was between two messages
  CHECK(eventually([&] { return server->connect(1).read_bytes(5) == "new\r\n"; }));
  CHECK(server->connect().get("/").status == 200);
  check_end(*server);
}

TEST_CASE("the routes of a program are listed together with the addresses that have a protocol of their own") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", R"({"listen": [{"address": ":7000", "handler": "line_echo"}], "routes": []})");
  const Finished listed = run_to_end({example_program("line_protocol"), "routes", "--config", file}, folder.path().string());
  CHECK(listed.exit_code == 0);
  CHECK(listed.output.find("listen :7000  line_echo") != std::string::npos);
  const Finished foreign = run_to_end({program(), "check", "--config", file}, folder.path().string());
  CHECK(foreign.exit_code == 2);
  CHECK(foreign.error.find("this program has the built-in ones alone") != std::string::npos);
}

TEST_CASE("mistakes are told with their place") {
  const TemporaryFolder folder;
  const auto check = [&](const std::string& listen, const std::string& route = "page") {
    const std::string file =
        folder.write("ropeway.json", "{\"listen\": [" + listen + "],\n\"routes\": [{\"match\": \"/\", \"handler\": \"" + route + "\"}]}");
    ChildProcess process({example_program("line_protocol"), "check", "--config", file}, folder.path().string());
    CHECK(process.wait() == 2);
    return process.standard_error();
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  contains(check(R"({"address": ":0", "handler": "line_ecko"})"),
           "ropeway.json:1:42: error: unknown stream handler \"line_ecko\", did you mean \"line_echo\"?");
  contains(check(R"({"address": ":0", "handler": "page"})"), "\"page\" answers HTTP requests: name it in a route");
  contains(check(R"(":0")", "line_echo"), "\"line_echo\" has a protocol of its own, without HTTP: name it at an address of \"listen\"");
  contains(check(R"({"address": ":0", "options": {"greeting": "x"}})"), "\"handler\"");
  contains(check(R"({"address": ":0", "handler": "line_echo", "options": {"greetings": "x"}})"), "greeting");
  contains(check(R"({"address": ":0", "handler": "line_echo", "options": {"stream": {"idle": "2d"}}})"), "idle");
}

}  // namespace stream_integration_test
