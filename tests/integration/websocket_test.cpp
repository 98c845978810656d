// WebSockets on the real server: what peers do to them, and what becomes of them when the server or a worker ends. The frames themselves are
// the business of tests/core/protocol/websocket and of tests/conformance/websocket.

#include <doctest/doctest.h>

#include <signal.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/websocket_client.hpp"

namespace websocket_test {

using namespace ropeway::testing;

namespace {

std::string route(const std::string& options = "", const std::string& more = "") {
  return more + R"("routes": [{"match": "/socket/{deed}", "handler": "socket", "options": {"websocket": {)" + options + R"(}}},
    {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])";
}

std::unique_ptr<ServerProcess> start(const Model& model, const TemporaryFolder& folder, const std::string& options = "",
                                     const std::string& more = "") {
  return ServerProcess::run(model, folder, route(options, more), {}, unruly_program());
}

WebSocketClient open(const ServerProcess& server, const std::string& deed = "echo", const std::string& fields = "") {
  return {server.connect(), "/socket/" + deed, fields};
}

bool logs(const ServerProcess& server, const std::string& part) {
  return eventually([&] { return server.standard_error().find(part) != std::string::npos; });
}

constexpr Model hybrid{2, 2};
constexpr Model alone{1, 2};

}  // namespace

TEST_CASE("a WebSocket carries messages both ways, and is one line of the access log, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder, "", R"("log": {"access": {"file": "access.log"}}, )");
    {
      WebSocketClient client(server->connect(), "/socket/echo", "", text_frame("begun"));
      CHECK(client.answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      CHECK(client.answer.field("Connection") == "Upgrade");
      CHECK(client.answer.has("Date"));
      CHECK(client.read_text() == "begun");
      CHECK(client.echo("hello") == "hello");
      const std::string large(300'000, 'x');
      CHECK(client.echo(large) == large);
      client.raw.send(close_frame(1000));
      CHECK(client.read_close() == 1000);
      CHECK(client.raw.ends_without_more());
    }
    CHECK(logs(*server, "echo ended with 1000"));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    CHECK(read_file(folder / "access.log").find("\"GET /socket/echo HTTP/1.1\" 101 - ") != std::string::npos);
  }
}

TEST_CASE("thousands of messages sent at once come back in their order, with pings in between") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder);
  WebSocketClient client = open(*server);
  std::string all;
  for (int i = 0; i < 3000; ++i) all += text_frame(std::to_string(i)) + (i % 100 == 0 ? client_frame(0x89, "ping") : "");
  client.raw.send(all);
  int pongs = 0;
  for (int i = 0; i < 3000;) {
    const WebSocketClient::Frame frame = client.read();
    if (frame.opcode == 10) {
      ++pongs;
    } else {
      REQUIRE(frame.payload == std::to_string(i++));
    }
  }
  CHECK(pongs <= 30);
  CHECK(pongs > 0);
}

TEST_CASE("what is no request for a WebSocket is refused, and the connection serves on") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder);
  RawClient client = server->connect();
  const RawResponse plain = client.get("/socket/echo");
  CHECK(plain.status == 426);
  CHECK(plain.field("Upgrade") == "websocket");
  CHECK(plain.field("Connection") == "Upgrade");
  CHECK(client.exchange(WebSocketClient::request("/socket/echo", "Origin: http://evil.example\r\n")).status == 403);
  CHECK(client.exchange(WebSocketClient::request("/socket/refuse")).status == 409);
  CHECK(client.exchange("POST /socket/echo HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n").status == 405);
  CHECK(client.get("/ok").body == "answer");
  CHECK(client.exchange(WebSocketClient::request("/socket/echo", "Origin: http://t\r\n")).status == 101);
}

TEST_CASE("a WebSocket behind middlewares is one, too") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder, "", R"("middlewares": ["compression", "request_decompression"], )");
    WebSocketClient client(server->connect(), "/socket/echo", "Accept-Encoding: gzip\r\n", text_frame("begun"));
    CHECK_FALSE(client.answer.has("Content-Encoding"));
    CHECK(client.read_text() == "begun");
    CHECK(client.echo("hello") == "hello");
    CHECK(server->connect().exchange(WebSocketClient::request("/socket/refuse")).status == 409);
    CHECK(server->connect()
              .exchange("GET /socket/echo HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 1\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nx")
              .status == 400);
  }
}

TEST_CASE("a handler closes with its own code; one that throws, with 1011 and a line in the log") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder);
  WebSocketClient closed = open(*server, "close");
  CHECK(closed.read() == WebSocketClient::Frame{8,
                                                "\x0f\xa1"
                                                "as agreed"});
  closed.raw.send(close_frame(4001));
  CHECK(closed.raw.ends_without_more());
  WebSocketClient thrown = open(*server, "throw");
  thrown.send("x");
  CHECK(thrown.read_close() == 1011);
  CHECK(logs(*server, "thrown by a WebSocket's handler"));
  WebSocketClient latin = open(*server, "latin");
  latin.send("x");
  CHECK(latin.read_close() == 1011);
}

TEST_CASE("messages before a Close frame, or before the client's end, are answered first, also by a handler that takes its time") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder);
  for (const char* deed : {"echo", "late"}) {
    CAPTURE(deed);
    WebSocketClient client = open(*server, deed);
    client.raw.send(text_frame("one") + text_frame("two") + close_frame(1000));
    CHECK(client.read_text() == "one");
    CHECK(client.read_text() == "two");
    CHECK(client.read_close() == 1000);
    CHECK(client.raw.ends_without_more());
    WebSocketClient half = open(*server, deed);
    half.raw.send(text_frame("one") + text_frame("two"));
    half.raw.half_close();
    CHECK(half.read_text() == "one");
    CHECK(half.read_text() == "two");
    CHECK(half.read_close() == 1000);
    CHECK(half.raw.ends_without_more());
  }
}

TEST_CASE("a client that breaks a rule, or a limit, is told why and closed") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder, R"("message_bytes": "1k")");
  WebSocketClient unmasked = open(*server);
  unmasked.raw.send("\x81\x02hi and much more that nobody reads");
  CHECK(unmasked.read_close() == 1002);
  CHECK(unmasked.raw.ends_without_more());
  WebSocketClient large = open(*server);
  large.raw.send(text_frame(std::string(1025, 'x')));
  CHECK(large.read_close() == 1009);
  CHECK(large.raw.ends_without_more());
  CHECK(logs(*server, "a message of more bytes than the limit allows"));
}

TEST_CASE("a ping is answered while the handler is busy, and the handler learns when its client has gone") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder);
  WebSocketClient deaf = open(*server, "deaf");
  deaf.raw.send(client_frame(0x89, "still there?"));
  CHECK(deaf.read() == WebSocketClient::Frame{10, "still there?"});
  open(*server).raw.reset();
  CHECK(logs(*server, "echo ended with 1006"));
}

TEST_CASE("a silent client is asked for a sign of life, and is given up where it gives none") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder, R"("ping_interval": "100ms", "pong_timeout": "1s")");
  WebSocketClient client = open(*server);
  for (int i = 0; i < 3; ++i) {
    CHECK(client.read() == WebSocketClient::Frame{9, ""});
    client.raw.send(client_frame(0x8A, ""));
  }
  CHECK(client.read() == WebSocketClient::Frame{9, ""});
  CHECK(client.raw.ends_without_more());
  CHECK(logs(*server, "websocket.pong_timeout"));
  CHECK(logs(*server, "echo ended with 1006"));
}

TEST_CASE("a handler waits for a client that does not read, and the client is given up in the end") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder, R"("queue_bytes": "64k")", R"("timeouts": {"send": "500ms"}, )");
  WebSocketClient client = open(*server, "push");
  for (int i = 0; i < 200; ++i) REQUIRE(client.read().payload.size() == 65536);
  CHECK(logs(*server, "timeouts.send"));
}

TEST_CASE("a client that does not keep up with what is sent from elsewhere gets what fitted, and the code 1013") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder, R"("queue_bytes": "256k")");
  WebSocketClient client = open(*server, "flood");
  std::size_t messages = 0;
  WebSocketClient::Frame frame = client.read();
  for (; frame.opcode == 1; frame = client.read()) ++messages;
  CHECK(messages >= 3);
  CHECK(frame == WebSocketClient::Frame{8, "\x03\xf5too slow"});
  CHECK(logs(*server, "websocket.queue_bytes"));
}

TEST_CASE("other threads and other handlers send, too, and learn when the WebSocket has ended") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder);
  CHECK(open(*server, "thread").read_text() == "from a thread");
  WebSocketClient other = open(*server, "last");
  {
    WebSocketClient kept = open(*server, "kept");
    CHECK(kept.echo("here") == "here");
    CHECK(other.echo("?") == "sent");
    CHECK(kept.read_text() == "to the one before");
    kept.raw.send(close_frame(1000));
    CHECK(kept.read_close() == 1000);
    CHECK(kept.raw.ends_without_more());
  }
  CHECK(eventually([&] { return other.echo("?") == "gone"; }));
}

TEST_CASE("when the server ends, WebSockets are closed with 1001, whatever their handlers and clients are at, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder, R"("close_timeout": "400ms")", R"("timeouts": {"drain": "2s"}, )");
    WebSocketClient polite = open(*server);
    CHECK(polite.echo("x") == "x");
    WebSocketClient silent = open(*server);
    WebSocketClient unread = open(*server, "push");
    server->signal(SIGTERM);
    CHECK(polite.read_close() == 1001);
    polite.raw.send(close_frame(1001));
    CHECK(polite.raw.ends_without_more());
    CHECK(silent.read_close() == 1001);
    CHECK(silent.raw.ends_without_more());
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a handler that goes on after its WebSocket was closed ends with the time to drain") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder, R"("close_timeout": "100ms")", R"("timeouts": {"drain": "500ms"}, )");
  WebSocketClient deaf = open(*server, "deaf");
  server->signal(SIGTERM);
  CHECK(deaf.read_close() == 1001);
  (void)server->wait();
}

TEST_CASE("a reload closes WebSockets with 1001, and new ones are served by the new workers") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder, "", R"("canary": {"percent": 0}, )");
  std::vector<WebSocketClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(open(*server));
  server->signal(SIGHUP);
  for (WebSocketClient& client : clients) {
    CHECK(client.read_close() == 1001);
    client.raw.send(close_frame(1001));
    CHECK(client.raw.ends_without_more());
  }
  CHECK(open(*server).echo("x") == "x");
}

TEST_CASE("a worker that crashes takes its own WebSockets with it, and no others") {
  const TemporaryFolder folder;
  const auto server = start(hybrid, folder);
  std::vector<WebSocketClient> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(open(*server));
  for (WebSocketClient& client : clients) CHECK(client.echo("x") == "x");
  open(*server, "crash").send("x");
  CHECK(logs(*server, "handler=socket"));  // whose message it was at
  int lived = 0;
  int died = 0;
  for (WebSocketClient& client : clients) {
    try {
      client.send("y");
      const bool answered = client.read_text() == "y";
      lived += answered ? 1 : 0;
    } catch (const std::runtime_error&) { ++died; }
  }
  CHECK(lived > 0);
  CHECK(died > 0);
  CHECK(lived + died == 16);
  CHECK(open(*server).echo("x") == "x");
}

TEST_CASE("a WebSocket counts as a connection until it has ended") {
  const TemporaryFolder folder;
  const auto server = start(alone, folder, "", R"("limits": {"connections": 2}, )");
  WebSocketClient first = open(*server);
  {
    WebSocketClient second = open(*server);
    CHECK(server->connect().get("/ok").status == 503);
    second.raw.send(close_frame(1000));
    CHECK(second.read_close() == 1000);
  }
  CHECK(eventually([&] { return server->connect().get("/ok").status == 200; }));
  CHECK(first.echo("x") == "x");
}

TEST_CASE("origins are checked where they are configured") {
  const TemporaryFolder folder;
  const std::string file = folder.write("wrong.json", R"({"listen": ["127.0.0.1:0"], )" + route(R"("origins": ["example.org"])") + "}");
  ChildProcess check({unruly_program(), "check", "--config", file}, folder.path().string());
  CHECK(check.wait() != 0);
  CHECK(check.standard_error().find("is no origin") != std::string::npos);
  const auto server = start(alone, folder, R"("origins": ["https://app.example"])");
  CHECK(open(*server, "echo", "Origin: https://app.example\r\n").echo("x") == "x");
  CHECK(server->connect().exchange(WebSocketClient::request("/socket/echo", "Origin: http://t\r\n")).status == 403);
}

}  // namespace websocket_test
