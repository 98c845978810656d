// The reverse proxy in front of servers whose every byte the test says.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/support/scripted_upstream.hpp"
#include "tests/support/server_process.hpp"

namespace proxy_test {

using namespace ropeway::testing;

namespace {

constexpr Model one_worker{1, 2};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

// A server whose route "/" passes everything on.
class Front {
 public:
  explicit Front(const std::string& upstreams, const std::string& more = "", const std::string& members = "",
                 const Model& model = one_worker)
      : server_(ServerProcess::run(model, folder_,
                                   members + R"("routes": [
      {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}},
      {"match": "/sub/{path...}", "handler": "proxy", "options": {"upstreams": )" +
                                       upstreams + more + R"(}},
      {"match": "/", "handler": "proxy", "options": {"upstreams": )" +
                                       upstreams + more + "}}]")) {}
  explicit Front(const ScriptedUpstream& upstream, const std::string& more = "", const std::string& members = "",
                 const Model& model = one_worker)
      : Front(in_quotes(upstream.url()), more, members, model) {}

  [[nodiscard]] RawClient connect() const { return server_->connect(); }
  [[nodiscard]] ServerProcess& server() noexcept { return *server_; }
  [[nodiscard]] bool logs(const std::string& part) const {
    return eventually([&] { return has(server_->standard_error(), part); }, std::chrono::seconds(10));
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

// What comes, up to and with `end`.
std::string read_up_to(RawClient& client, const std::string& end) {
  std::string text;
  while (!text.ends_with(end)) text += client.read_bytes(1);
  return text;
}

const std::string get = "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("a request and its answer pass the proxy, in every model, but for what concerns one connection") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const ScriptedUpstream upstream;
    const Front front(in_quotes(upstream.url() + "/base"), "", "", model);
    RawClient client = front.connect();
    client.send(
        "POST /sub/a%20b/c?d=e HTTP/1.1\r\nHost: example.org\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello");
    auto behind = upstream.accept();
    CHECK(behind.read_head() ==
          "POST /base/a%20b/c?d=e HTTP/1.1\r\nHost: example.org\r\nX-A: b\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
          "X-Forwarded-Host: example.org\r\nVia: 1.1 ropeway\r\nContent-Length: 5\r\n\r\n");
    CHECK(behind.read_bytes(5) == "hello");
    behind.send(
        "HTTP/1.1 201 Made\r\nConnection: X-Hop\r\nX-Hop: 1\r\nServer: behind\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: "
        "4\r\n\r\nmade");
    const RawResponse response = client.read_response();
    CHECK(response.status == 201);
    CHECK(response.body == "made");
    CHECK(response.field("Server") == "behind");
    CHECK_FALSE(response.has("X-Hop"));
    CHECK(response.field("Content-Length") == "4");
    CHECK(std::ranges::count_if(response.fields, [](const auto& field) { return field.first == "Set-Cookie"; }) == 2);
  }
}

TEST_CASE("a connection to the server behind serves one request after another, of several clients") {
  TemporaryFolder folder;
  const ScriptedUpstream upstream(folder / "behind.sock");
  const Front front(upstream, R"(, "host": "upstream")");
  RawClient first = front.connect();
  first.send(get);
  auto behind = upstream.accept();
  CHECK(behind.read_head().starts_with("GET / HTTP/1.1\r\nHost: localhost\r\n"));
  behind.send(ok);
  CHECK(first.read_response().body == "ok");
  for (int i = 0; i < 3; ++i) {
    RawClient client = front.connect();
    client.send(get);
    behind.answer(ok);
    CHECK(client.read_response().body == "ok");
  }
  CHECK_FALSE(upstream.has_visitor());
}

TEST_CASE("a connection is not used again where something came behind the answer, or it says that it ends") {
  for (const std::string& last : {ok + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
                                  std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
                                  std::string("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")}) {
    CAPTURE(last);
    const ScriptedUpstream upstream;
    const Front front(upstream);
    RawClient client = front.connect();
    client.send(get);
    auto behind = upstream.accept();
    behind.answer(last);
    CHECK(client.read_response().body == "ok");
    CHECK(behind.ends());
    client.send(get);
    auto other = upstream.accept();
    other.answer(ok);
    CHECK(client.read_response().body == "ok");
  }
}

TEST_CASE("what a server behind says between two requests is no answer to the next one") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  behind.answer(ok);
  CHECK(client.read_response().body == "ok");
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  client.send(get);
  auto other = upstream.accept();
  other.answer(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("content streams in both directions, as it comes") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  auto behind = upstream.accept();
  CHECK(has(behind.read_head(), "Transfer-Encoding: chunked\r\n"));
  CHECK(behind.read_bytes(10) == "5\r\nfirst\r\n");
  client.send("4\r\nnext\r\n0\r\n\r\n");
  CHECK(behind.read_bytes(14) == "4\r\nnext\r\n0\r\n\r\n");
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\none\r\n");
  CHECK(has(read_up_to(client, "3\r\none\r\n"), "Trailer: X-Sum\r\n"));
  behind.send("3\r\ntwo\r\n0\r\nX-Sum: 7\r\n\r\n");
  CHECK(read_up_to(client, "0\r\nX-Sum: 7\r\n\r\n").starts_with("3\r\ntwo\r\n"));
}

TEST_CASE("a large answer whose length is known is told with it, and one that is cut off is cut off for the client") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  const std::string content(300'000, 'x');
  behind.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + content);
  const RawResponse response = client.read_response();
  CHECK(response.field("Content-Length") == "300000");
  CHECK(response.body == content);
  client.send(get);
  behind.answer("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + content.substr(1));
  behind.close();
  CHECK(client.read_until_close().ends_with(content.substr(1)));
  CHECK(front.logs("the connection ended inside the response"));
}

TEST_CASE("answers without content, to HEAD and interim ones") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 200 OK\r\nContent-Length: 1234567\r\n\r\n");
  CHECK(client.read_response(true).field("Content-Length") == "1234567");
  for (const char* head : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n"}) {
    client.send(get);
    behind.answer(head);
    CHECK(client.read_response(true).status == std::stoi(std::string(head).substr(9, 3)));
  }
  client.send(get);
  behind.answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
  const RawResponse hints = client.read_response(true);
  CHECK(hints.status == 103);
  CHECK(hints.field("Link") == "</a.css>; rel=preload");
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
  // One that comes while content is sent: an upload that can go on.
  client.send("PUT /file HTTP/1.1\r\nHost: h\r\nContent-Length: 30005\r\n\r\n" + std::string(30'000, 'x'));
  behind.answer("HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /place\r\n\r\n");
  CHECK(behind.read_bytes(30'000) == std::string(30'000, 'x'));
  client.send("rest.");
  const RawResponse supported = client.read_response(true);
  CHECK(supported.status == 104);
  CHECK(supported.field("Location") == "/place");
  CHECK(behind.read_bytes(5) == "rest.");
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
}

TEST_CASE("an answer that is malformed, or none, is 502, with the reason in the log alone") {
  struct Case {
    std::string bytes;
    std::string reason;
  };
  std::string endless;
  for (int i = 0; i < 1001; ++i) endless += "HTTP/1.1 102 Processing\r\n\r\n";
  for (const Case& one :
       {Case{"", "before there was an answer"}, Case{"hello\r\n\r\n", "status line"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "both Transfer-Encoding"},
        Case{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"}, Case{"HTTP/1.1 200 OK\nA: b\n\n", "CR LF"},
        Case{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "ended inside"}, Case{endless, "interim responses without end"},
        Case{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "nobody asked for"}}) {
    CAPTURE(one.reason);
    const ScriptedUpstream upstream;
    const Front front(upstream);
    RawClient client = front.connect();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    auto behind = upstream.accept();
    (void)behind.read_head();
    (void)behind.read_bytes(2);
    behind.send(one.bytes);
    behind.close();
    RawResponse response = client.read_response();
    while (response.status == 102) response = client.read_response();
    CHECK(response.status == 502);
    CHECK_FALSE(has(response.body, upstream.url()));
    CHECK(front.logs(upstream.url() + ": "));
    CHECK(front.logs(one.reason));
    CHECK(client.get("/ok").body == "answer");
    CHECK_FALSE(upstream.has_visitor());  // POST is not repeated
  }
}

TEST_CASE("a server that refuses connections is 502, and one that does not answer in time 504") {
  std::string url;
  {
    const ScriptedUpstream gone;
    url = gone.url();
  }
  const Front refused(in_quotes(url));
  CHECK(refused.connect().exchange(get).status == 502);
  CHECK(refused.logs("Connection refused"));

  const ScriptedUpstream upstream;
  const Front slow(upstream, R"(, "response_timeout": "200ms", "idle_timeout": "200ms")");
  RawClient client = slow.connect();
  client.send(get);
  auto behind = upstream.accept();
  CHECK(client.read_response().status == 504);
  CHECK(slow.logs("response_timeout"));
  client.send(get);
  auto other = upstream.accept();
  other.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  CHECK(client.read_response().status == 504);
  CHECK(slow.logs("idle_timeout"));
}

TEST_CASE("a request on a kept connection that turns out to be closed is repeated where that is safe, and only there") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  for (const bool is_safe : {true, false}) {
    CAPTURE(is_safe);
    RawClient client = front.connect();
    client.send(get);
    auto behind = upstream.accept();
    behind.answer(ok);
    CHECK(client.read_response().body == "ok");
    client.send(is_safe ? "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
                        : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    (void)behind.read_head();
    (void)behind.read_bytes(2);
    behind.close();
    if (is_safe) {
      auto again = upstream.accept();
      CHECK(again.read_head().starts_with("PUT "));
      CHECK(again.read_bytes(2) == "hi");
      again.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
      CHECK(client.read_response().body == "ok");
    } else {
      CHECK(client.read_response().status == 502);
      CHECK_FALSE(upstream.has_visitor());
    }
  }
}

TEST_CASE("requests past the connections wait, and past the queue they are refused") {
  const ScriptedUpstream upstream;
  const Front front(upstream, R"(, "connections": 1, "queue": 1)");
  RawClient first = front.connect();
  first.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  RawClient second = front.connect();
  second.send("GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
  RawClient third = front.connect();
  third.send("GET /third HTTP/1.1\r\nHost: h\r\n\r\n");
  // One of the two waits, whichever came first; the other is refused at once.
  RawResponse refused;
  REQUIRE(front.logs("no connection to a server behind is free"));
  behind.send(ok);
  CHECK(first.read_response().body == "ok");
  const bool second_waited = has(behind.read_head(), "/second");
  behind.send(ok);
  CHECK((second_waited ? second : third).read_response().body == "ok");
  refused = (second_waited ? third : second).read_response();
  CHECK(refused.status == 503);
  CHECK(refused.field("Retry-After") == "1");
}

TEST_CASE("requests wait for the server that works, beside one that is left out") {
  const ScriptedUpstream upstream;
  std::string gone;
  {
    const ScriptedUpstream closed;
    gone = closed.url();
  }
  const Front front("[" + in_quotes(gone) + ", " + in_quotes(upstream.url()) + "]", R"(, "connections": 1, "failures": 1, "pause": "1h")");
  RawClient first = front.connect();
  first.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  RawClient second = front.connect();
  second.send(get);
  RawClient others = front.connect();
  for (int i = 0; i < 3; ++i) CHECK(others.get("/ok").body == "answer");
  behind.send(ok);
  CHECK(first.read_response().body == "ok");
  behind.answer(ok);
  CHECK(second.read_response().body == "ok");
}

TEST_CASE("content in tiny chunks reaches the client whole") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 002\r\n\r\nhi");
  auto behind = upstream.accept();
  CHECK(has(behind.read_head(), "Content-Length: 2\r\n"));
  std::string chunks;
  std::string content;
  for (int i = 0; i < 20'000; ++i) {
    const char byte = static_cast<char>('a' + i % 26);
    chunks += std::string("1\r\n") + byte + "\r\n";
    content += byte;
  }
  behind.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
  CHECK(client.read_response().body == content);
}

TEST_CASE("a request that waits too long for a connection is refused") {
  const ScriptedUpstream upstream;
  const Front front(upstream, R"(, "connections": 1, "queue_time": "100ms")");
  RawClient first = front.connect();
  first.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  CHECK(front.connect().exchange(get).status == 503);
  behind.send(ok);
  CHECK(first.read_response().body == "ok");
}

TEST_CASE("when the client goes away, so does its request to the server behind") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  {
    RawClient client = front.connect();
    client.send(get);
    auto behind = upstream.accept();
    (void)behind.read_head();
    client.reset();
    CHECK(behind.ends());
  }
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 200 OK\r\n\r\nbegun");
  REQUIRE(client.read_bytes(12) == "HTTP/1.1 200");
  client.reset();
  CHECK(behind.ends());
}

TEST_CASE("a client that does not read has the server behind wait, in bounded memory") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
  CHECK(behind.send_until_blocked(200'000'000, std::chrono::milliseconds(500)) < 60'000'000);  // the kernel's buffers, and little more
  CHECK(front.connect().get("/ok").body == "answer");
}

TEST_CASE("an answer that comes before the content has been taken reaches the client") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  RawClient client = front.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n" + std::string(100'000, 'x'));
  auto behind = upstream.accept();
  behind.answer("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong");
  client.send_what_fits(std::string(100'000, 'x'));
  const RawResponse response = client.read_response();
  CHECK(response.status == 413);
  CHECK(response.body == "long");
  CHECK(behind.read_bytes(1) == "x");
}

TEST_CASE("servers take turns; one that cannot be connected to is passed over, and left out for a while") {
  const ScriptedUpstream left;
  const ScriptedUpstream right;
  std::string gone;
  {
    const ScriptedUpstream closed;
    gone = closed.url();
  }
  const Front front("[" + in_quotes(left.url()) + ", " + in_quotes(gone) + ", " + in_quotes(right.url()) + "]",
                    R"(, "failures": 1, "keep": 0)");
  RawClient client = front.connect();
  for (const ScriptedUpstream* turn : {&left, &right, &left, &right, &left}) {
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    auto behind = turn->accept();
    CHECK(has(behind.read_head(), "Connection: close\r\n"));
    CHECK(behind.read_bytes(2) == "hi");
    behind.send(ok);
    CHECK(client.read_response().body == "ok");
  }
  CHECK(front.logs("a server behind fails and is left out for a while"));
}

TEST_CASE("the server with the fewest requests gets the next one") {
  const ScriptedUpstream left;
  const ScriptedUpstream right;
  const Front front("[" + in_quotes(left.url()) + ", " + in_quotes(right.url()) + "]", R"(, "policy": "least_connections")");
  RawClient slow = front.connect();
  slow.send(get);
  REQUIRE(eventually([&] { return left.has_visitor() || right.has_visitor(); }));
  const ScriptedUpstream& busy = left.has_visitor() ? left : right;
  const ScriptedUpstream& idle = left.has_visitor() ? right : left;
  auto waits = busy.accept();
  RawClient client = front.connect();
  client.send(get);
  auto behind = idle.accept();
  for (int i = 0; i < 4; ++i) {
    behind.answer(ok);
    CHECK(client.read_response().body == "ok");
    if (i < 3) client.send(get);
  }
  CHECK_FALSE(busy.has_visitor());
}

TEST_CASE("a worker that ends finishes the requests that wait for servers behind") {
  const ScriptedUpstream upstream;
  Front front(upstream);
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  front.server().signal(SIGTERM);
  REQUIRE(front.logs("draining"));
  behind.send(ok);
  CHECK(client.read_response().body == "ok");
  CHECK(front.server().wait() == 0);
}

TEST_CASE("a worker that is stopped at once leaves nothing of its requests behind") {
  const ScriptedUpstream upstream;
  Front front(upstream, R"(, "connections": 1)", R"("timeouts": {"drain": "100ms"},)");
  RawClient client = front.connect();
  client.send(get);
  auto behind = upstream.accept();
  (void)behind.read_head();
  RawClient waits = front.connect();
  waits.send(get);
  front.server().signal(SIGTERM);
  CHECK(behind.ends());
  (void)front.server().wait();
}

TEST_CASE("what `trusted_proxies` tell reaches the server behind, and what others say does not") {
  for (const bool trusted : {true, false}) {
    const ScriptedUpstream upstream;
    const Front front(upstream, "", trusted ? R"("trusted_proxies": ["127.0.0.0/8"],)" : "");
    RawClient client = front.connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n\r\n");
    auto behind = upstream.accept();
    const std::string head = behind.read_head();
    CHECK(has(head, trusted ? "X-Forwarded-For: 192.0.2.1, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
                            : "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"));
    CHECK_FALSE(has(head, "6.6.6.6"));
  }
}

TEST_CASE("tunnels and TRACE are refused") {
  const ScriptedUpstream upstream;
  const Front front(upstream);
  CHECK(front.connect().exchange("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n").status == 405);
  CHECK(front.connect().exchange("CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n").status >= 400);
  CHECK_FALSE(upstream.has_visitor());
}

}  // namespace proxy_test
