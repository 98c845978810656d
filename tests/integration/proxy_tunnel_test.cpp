// Connections that change to another protocol behind the reverse proxy: WebSockets, and what else `upgrade` allows. The servers behind say what the
// test tells them to, byte by byte; the last ones are real WebSockets.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/scripted_upstream.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/websocket_client.hpp"

namespace proxy_tunnel_test {

using namespace ropeway::testing;

namespace {

constexpr Model one_worker{1, 2};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A server whose route "/" passes everything on.
class TunnelFront {
 public:
  explicit TunnelFront(const std::vector<std::string>& upstreams, const std::string& more = "", const std::string& members = "",
                       const Model& model = one_worker)
      : server_(ServerProcess::run(model, folder_,
                                   members + R"("routes": [
      {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}},
      {"match": "/", "handler": "proxy", "options": {"upstreams": )" +
                                       listed(upstreams) + more + "}}]")) {}
  explicit TunnelFront(const ScriptedUpstream& upstream, const std::string& more = "", const std::string& members = "",
                       const Model& model = one_worker)
      : TunnelFront(std::vector{upstream.url()}, more, members, model) {}

  [[nodiscard]] RawClient connect() const { return server_->connect(); }
  [[nodiscard]] ServerProcess& server() noexcept { return *server_; }
  [[nodiscard]] bool logs(const std::string& part) const {
    return eventually([&] { return has(server_->standard_error(), part); }, std::chrono::seconds(10));
  }
  [[nodiscard]] bool refuses_connections() const {
    return eventually([&] {
      try {
        (void)connect();
        return false;
      } catch (const std::runtime_error&) { return true; }
    });
  }
  [[nodiscard]] std::string file(const std::string& name) const { return read_file(folder_ / name); }

 private:
  static std::string listed(const std::vector<std::string>& upstreams) {
    std::string list;
    for (const std::string& url : upstreams) list += (list.empty() ? "\"" : ", \"") + url + '"';
    return "[" + list + "]";
  }
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

const std::string get = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string switched =
    "HTTP/1.1 101 Switching Protocols\r\nServer: behind\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

std::string asks_for(const std::string& protocols, const std::string& more = "") {
  return "GET / HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: " + protocols + "\r\n" + more + "\r\n";
}

// Both ends of a tunnel.
struct Ends {
  RawClient client;
  ScriptedUpstream::Connection behind;
};

Ends open_tunnel(const TunnelFront& front, const ScriptedUpstream& upstream) {
  RawClient client = front.connect();
  client.send(WebSocketClient::request("/"));
  auto behind = upstream.accept();
  behind.answer(switched);
  if (client.read_response(true).status != 101) throw std::runtime_error("no tunnel");
  return {std::move(client), std::move(behind)};
}

bool carries(Ends& ends) {
  ends.client.send("there");
  ends.behind.send("back");
  return ends.behind.read_bytes(5) == "there" && ends.client.read_bytes(4) == "back";
}

std::string pattern(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((seed = seed * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

}  // namespace

TEST_CASE("a WebSocket passes the proxy with its fields, and what was sent right behind either head is not lost, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const ScriptedUpstream upstream;
    TunnelFront front(upstream, "", R"("log": {"access": {"file": "access.log"}}, )", model);
    {
      RawClient client = front.connect();
      client.send(WebSocketClient::request("/", "Sec-WebSocket-Protocol: chat, other\r\nSec-WebSocket-Extensions: permessage-deflate\r\n") +
                  "early");
      auto behind = upstream.accept();
      CHECK(behind.read_head() ==
            "GET / HTTP/1.1\r\nHost: t\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: chat, other\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
            "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: t\r\nVia: 1.1 ropeway\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      behind.send(switched + "first");
      const RawResponse answer = client.read_response(true);
      CHECK(answer.status == 101);
      CHECK(answer.field("Upgrade") == "websocket");
      CHECK(answer.field("Connection") == "Upgrade");
      CHECK(answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      CHECK(answer.field("Sec-WebSocket-Protocol") == "chat");
      CHECK(answer.field("Server") == "behind");
      CHECK(std::ranges::count_if(answer.fields, [](const auto& field) { return field.first == "Server"; }) == 1);
      CHECK(client.read_bytes(5) == "first");
      CHECK(behind.read_bytes(5) == "early");
      Ends ends{std::move(client), std::move(behind)};
      for (int i = 0; i < 5; ++i) CHECK(carries(ends));
      ends.behind.close();
      CHECK(ends.client.ends_without_more());
    }
    front.server().signal(SIGTERM);
    CHECK(front.server().wait() == 0);
    CHECK(has(front.file("access.log"), "\"GET / HTTP/1.1\" 101 - "));
  }
}

TEST_CASE("an answer other than 101 is an ordinary one, and both connections serve on") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream);
  RawClient client = front.connect();
  client.send(WebSocketClient::request("/"));
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  const RawResponse refused = client.read_response();
  CHECK(refused.status == 403);
  CHECK(refused.body == "no");
  client.send(get);
  behind.answer("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
  const RawResponse required = client.read_response();
  CHECK(required.status == 426);
  CHECK(required.field("Upgrade") == "websocket");
  client.send(get);
  behind.answer(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("only protocols that are allowed are asked for, and only where the connection can change to them") {
  struct Case {
    std::string option;
    std::string request;
    std::string asked;  // empty: `Upgrade` is removed
  };
  const std::string listed = R"(, "upgrade": ["websocket", "IRC", "tcp/2"])";
  for (const Case& one :
       {Case{R"(, "upgrade": [])", asks_for("websocket"), ""}, Case{"", asks_for("WebSocket"), "WebSocket"},
        Case{"", asks_for("h2c, tcp"), ""}, Case{listed, asks_for("h2c, irc/6.9, tcp/1 , tcp/2,websocket"), "irc/6.9, tcp/2, websocket"},
        Case{"", "GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\n\r\n", ""},
        Case{"", "GET / HTTP/1.0\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", ""},
        Case{"", asks_for("websocket", "Content-Length: 1\r\n") + "x", ""},
        Case{"", asks_for("websocket", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", ""},
        Case{"", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "websocket"}}) {
    CAPTURE(one.option);
    CAPTURE(one.request);
    const ScriptedUpstream upstream;
    const TunnelFront front(upstream, one.option);
    RawClient client = front.connect();
    client.send(one.request);
    auto behind = upstream.accept();
    const std::string head = behind.read_head();
    CHECK(has(head, "Connection: Upgrade\r\nUpgrade: " + one.asked + "\r\n") == !one.asked.empty());
    CHECK(has(head, "Upgrade:") == !one.asked.empty());
    behind.send(ok);
    CHECK(client.read_response().body == "ok");
  }
}

TEST_CASE("a change to what was not asked for is 502") {
  for (const char* answer : {"Upgrade: tcp\r\n", "Upgrade: websocket, tcp\r\n", ""}) {
    CAPTURE(std::string(answer));
    const ScriptedUpstream upstream;
    const TunnelFront front(upstream);
    RawClient client = front.connect();
    client.send(WebSocketClient::request("/"));
    auto behind = upstream.accept();
    behind.answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + std::string(answer) + "\r\n");
    CHECK(client.read_response().status == 502);
    CHECK(front.logs("nobody asked for"));
    CHECK(behind.ends());
    CHECK(client.get("/ok").body == "answer");
  }
}

TEST_CASE("another protocol that is allowed is carried, too") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, R"(, "upgrade": ["tcp"])");
  RawClient client = front.connect();
  client.send(asks_for("tcp"));
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
  CHECK(client.read_response(true).field("Upgrade") == "tcp");
  Ends ends{std::move(client), std::move(behind)};
  CHECK(carries(ends));
}

TEST_CASE("an end that ends its side still gets what the other one sends") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream);
  {
    Ends ends = open_tunnel(front, upstream);
    ends.client.send("last");
    ends.client.half_close();
    CHECK(ends.behind.read_bytes(4) == "last");
    CHECK(ends.behind.ends());
    const std::string answer = pattern(3'000'000, 1);
    std::thread sends([&] {
      ends.behind.send(answer);
      ends.behind.close();
    });
    CHECK(ends.client.read_until_close() == answer);
    sends.join();
  }
  Ends ends = open_tunnel(front, upstream);
  ends.behind.send("last");
  ends.behind.half_close();
  CHECK(ends.client.read_bytes(4) == "last");
  for (int i = 0; i < 3; ++i) {
    ends.client.send("more");
    CHECK(ends.behind.read_bytes(4) == "more");
  }
  ends.client.half_close();
  CHECK(ends.behind.ends());
  CHECK(ends.client.ends_without_more());
}

TEST_CASE("many bytes go both ways at once, unchanged, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const ScriptedUpstream upstream;
    const TunnelFront front(upstream, "", "", model);
    Ends ends = open_tunnel(front, upstream);
    Ends other = open_tunnel(front, upstream);
    const std::string up = pattern(8'000'000, 2);
    const std::string down = pattern(8'000'000, 3);
    std::thread sends_up([&] { ends.client.send(up); });
    std::thread sends_down([&] { ends.behind.send(down); });
    std::string got_up;
    std::thread reads_up([&] { got_up = ends.behind.read_bytes(up.size()); });
    CHECK(ends.client.read_bytes(down.size()) == down);
    sends_up.join();
    sends_down.join();
    reads_up.join();
    CHECK(got_up == up);
    CHECK(carries(other));
  }
}

TEST_CASE("an end that does not read has the other one wait, in bounded memory, and nothing is lost") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream);
  Ends ends = open_tunnel(front, upstream);
  const std::size_t taken = ends.behind.send_until_blocked(200'000'000, std::chrono::milliseconds(500));
  CHECK(taken < 60'000'000);  // the kernel's buffers, and little more
  ends.client.send("up");     // the other direction is none the worse
  CHECK(ends.behind.read_bytes(2) == "up");
  CHECK(ends.client.read_bytes(taken) == std::string(taken, 'x'));
  CHECK(carries(ends));
}

TEST_CASE("an end that takes nothing of what waits for it is given up") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, R"(, "idle_timeout": "300ms")", R"("timeouts": {"send": "300ms"},)");
  Ends ends = open_tunnel(front, upstream);
  (void)ends.client.send_until_refused(std::string(80'000'000, 'x'));
  CHECK(front.logs("idle_timeout"));
  Ends others = open_tunnel(front, upstream);
  (void)others.behind.send_until_refused(std::string(80'000'000, 'x'));
  CHECK(front.logs("timeouts.send"));
}

TEST_CASE("a tunnel without a byte from either side ends after `tunnel_idle`, and one that is half-closed after `idle_timeout`") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, R"(, "tunnel_idle": "300ms")");
  Ends ends = open_tunnel(front, upstream);
  CHECK(ends.client.ends_without_more());
  CHECK(ends.behind.ends());
  CHECK(front.logs("tunnel_idle"));
  const TunnelFront other(upstream, R"(, "idle_timeout": "300ms")");
  Ends half = open_tunnel(other, upstream);
  half.client.half_close();
  CHECK(half.behind.ends());  // its input
  CHECK(half.client.ends_without_more());
  CHECK(other.logs("idle_timeout"));
}

TEST_CASE("a reset of one end ends the other, which still gets what was sent before") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, "", R"("timeouts": {"linger": "1m"},)");
  {
    Ends ends = open_tunnel(front, upstream);
    ends.client.send("last");
    CHECK(ends.behind.read_bytes(4) == "last");
    ends.client.reset();
    CHECK(ends.behind.ends());
  }
  {
    Ends ends = open_tunnel(front, upstream);
    ends.behind.send("last");
    CHECK(ends.client.read_bytes(4) == "last");
    ends.behind.reset();
    CHECK(ends.client.ends_without_more());
  }
  Ends ends = open_tunnel(front, upstream);
  ends.behind.send("last");
  ends.client.send("x");
  CHECK(ends.behind.read_bytes(1) == "x");
  ends.behind.reset();
  ends.client.send(std::string(3'000'000, 'x'));  // is dropped: a reset now could take what it has not read yet
  ends.client.half_close();
  CHECK(ends.client.read_until_close() == "last");
  CHECK(front.connect().get("/ok").body == "answer");
}

TEST_CASE("a tunnel takes none of `connections`, and its connection serves no other request") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, R"(, "connections": 1, "queue": 0)");
  std::vector<Ends> tunnels;
  for (int i = 0; i < 3; ++i) tunnels.push_back(open_tunnel(front, upstream));
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  behind.answer(ok);
  CHECK(client.read_response().body == "ok");
  for (Ends& ends : tunnels) {
    CHECK(carries(ends));
    ends.client.half_close();
    CHECK(ends.behind.ends());
    ends.behind.close();
    CHECK(ends.client.ends_without_more());
  }
  client.send(get);
  behind.answer(ok);
  CHECK(client.read_response().body == "ok");
  CHECK_FALSE(upstream.has_visitor());
}

TEST_CASE(
    "a request to change goes on a connection of its own, to another server where one cannot be connected to, and is never repeated") {
  const ScriptedUpstream upstream;
  std::string gone;
  {
    const ScriptedUpstream closed;
    gone = closed.url();
  }
  const TunnelFront front({gone, upstream.url()});
  RawClient client = front.connect();
  client.send(get);
  auto kept = upstream.accept();
  kept.answer(ok);
  CHECK(client.read_response().body == "ok");
  client.send(WebSocketClient::request("/"));
  auto behind = upstream.accept();
  (void)behind.read_head();
  behind.close();
  CHECK(client.read_response().status == 502);
  CHECK_FALSE(upstream.has_visitor());
  client.send(get);
  kept.answer(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("a tunnel behind middlewares is one, too, and one that refuses has the server behind not asked") {
  const ScriptedUpstream upstream;
  const TunnelFront front(
      upstream, "",
      R"("middlewares": ["compression", "request_decompression", {"name": "response_fields", "options": {"set": {"X-A": "b"}}}],)");
  RawClient client = front.connect();
  client.send(WebSocketClient::request("/", "Accept-Encoding: gzip\r\n"));
  auto behind = upstream.accept();
  behind.answer(switched);
  const RawResponse answer = client.read_response(true);
  CHECK(answer.status == 101);
  CHECK(answer.field("X-A") == "b");
  CHECK_FALSE(answer.has("Content-Encoding"));
  Ends ends{std::move(client), std::move(behind)};
  CHECK(carries(ends));
}

TEST_CASE("when the server ends, tunnels go on until they end themselves, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const ScriptedUpstream upstream;
    TunnelFront front(upstream, "", "", model);
    Ends ends = open_tunnel(front, upstream);
    front.server().signal(SIGTERM);
    REQUIRE(front.refuses_connections());
    for (int i = 0; i < 5; ++i) CHECK(carries(ends));
    ends.client.half_close();
    CHECK(ends.behind.ends());
    ends.behind.close();
    CHECK(ends.client.ends_without_more());
    CHECK(front.server().wait() == 0);
  }
}

TEST_CASE("tunnels end with the time to drain, whatever they are at, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const ScriptedUpstream upstream;
    TunnelFront front(upstream, "", R"("timeouts": {"drain": "500ms"}, )", model);
    Ends idle = open_tunnel(front, upstream);
    Ends half = open_tunnel(front, upstream);
    half.client.half_close();
    Ends full = open_tunnel(front, upstream);
    (void)full.behind.send_until_blocked(200'000'000, std::chrono::milliseconds(200));
    Ends both = open_tunnel(front, upstream);
    (void)both.behind.send_until_blocked(200'000'000, std::chrono::milliseconds(200));
    both.client.send_what_fits(std::string(20'000'000, 'x'));
    RawClient asks = front.connect();
    asks.send(WebSocketClient::request("/"));
    auto asked = upstream.accept();
    (void)asked.read_head();
    front.server().signal(SIGTERM);
    CHECK(idle.client.ends_without_more());
    CHECK(idle.behind.ends());
    CHECK(asked.ends());
    (void)front.server().wait();
  }
}

TEST_CASE("a reload leaves tunnels alone, and new ones are the new workers'") {
  const ScriptedUpstream upstream;
  TunnelFront front(upstream, "", R"("canary": {"percent": 0}, )", Model{2, 2});
  std::vector<Ends> tunnels;
  for (int i = 0; i < 6; ++i) tunnels.push_back(open_tunnel(front, upstream));
  const std::vector<pid_t> before = front.server().workers({2, 2});
  front.server().signal(SIGHUP);
  REQUIRE(front.logs("reload: done"));
  for (Ends& ends : tunnels) CHECK(carries(ends));
  Ends fresh = open_tunnel(front, upstream);
  CHECK(carries(fresh));
  for (Ends& ends : tunnels) {
    CHECK(carries(ends));
    ends.client.half_close();
    ends.behind.close();
    CHECK(ends.client.ends_without_more());
  }
  CHECK(eventually([&] {
    const std::vector<pid_t> now = front.server().workers({2, 2});
    return now.size() == 2 && std::ranges::none_of(now, [&](pid_t pid) { return std::ranges::find(before, pid) != before.end(); });
  }));
  CHECK(carries(fresh));
}

TEST_CASE("a client that goes away while the server behind has not answered ends that, and a tunnel counts as a connection") {
  const ScriptedUpstream upstream;
  const TunnelFront front(upstream, "", R"("limits": {"connections": 2},)");
  {
    RawClient client = front.connect();
    client.send(WebSocketClient::request("/"));
    auto behind = upstream.accept();
    (void)behind.read_head();
    client.reset();
    CHECK(behind.ends());
  }
  Ends ends = open_tunnel(front, upstream);
  Ends others = open_tunnel(front, upstream);
  CHECK(front.connect().get("/ok").status == 503);
  CHECK(carries(ends));
}

TEST_CASE("WebSockets of this server's own pass a proxy of its own") {
  const TemporaryFolder folder;
  const auto behind =
      ServerProcess::run(one_worker, folder,
                         R"("routes": [{"match": "/socket/{deed}", "handler": "socket", "options": {"websocket": {"compression": true}}}])",
                         {}, unruly_program());
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TunnelFront front(std::vector{behind->urls().at(0)}, "", "", model);
    WebSocketClient client(front.connect(), "/socket/echo", "", text_frame("begun"));
    CHECK(client.answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(client.read_text() == "begun");
    CHECK(client.echo("hello") == "hello");
    const std::string large(300'000, 'x');
    CHECK(client.echo(large) == large);
    client.raw.send(close_frame(1000));
    CHECK(client.read_close() == 1000);
    CHECK(client.raw.ends_without_more());
    CHECK(front.connect().exchange(WebSocketClient::request("/socket/refuse")).status == 409);
    const RawResponse plain = front.connect().get("/socket/echo");
    CHECK(plain.status == 426);
    CHECK(plain.field("Upgrade") == "websocket");
  }
}

TEST_CASE("a protocol that is HTTP again, or none, is a mistake in the configuration, with its place") {
  for (const auto& [value, reason] :
       {std::pair{R"(["websocket", "h2c"])", "is HTTP again"}, std::pair{R"(["web socket"])", "is no name of a protocol"},
        std::pair{R"([""])", "is no name of a protocol"}}) {
    CAPTURE(std::string(value));
    const TemporaryFolder folder;
    folder.write("ropeway.json",
                 R"({"routes": [{"match": "/", "handler": "proxy", "options": {"upstreams": "http://127.0.0.1:9", "upgrade": )" +
                     std::string(value) + "}}]}");
    ChildProcess check({program(), "check", "--config", "ropeway.json"}, folder.path().string());
    CHECK(check.wait() != 0);
    CHECK(has(check.standard_error() + check.standard_output(), reason));
    CHECK(has(check.standard_error() + check.standard_output(), "ropeway.json:1:"));
  }
}

}  // namespace proxy_tunnel_test
