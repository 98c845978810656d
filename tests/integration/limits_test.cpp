#include <doctest/doctest.h>

#include "tests/support/server_process.hpp"

namespace limits_test {

using namespace ropeway::testing;

namespace {

constexpr const char* route = R"("routes": [{"match": "/a", "handler": "fixed_response", "options": {"body": "answer"}}])";

}  // namespace

TEST_CASE("past a limit of the header or the content the right status is sent, and the connection ends") {
  const TemporaryFolder folder;
  const std::string configuration =
      std::string(R"("limits": {"header_bytes": "2k", "header_count": 10, "target_bytes": 200, "body_bytes": 1000},)") + route;
  struct Case {
    std::string what, request;
    int status;
  };
  std::string many_fields = "GET /a HTTP/1.1\r\nHost: test\r\n";
  for (int i = 0; i < 20; ++i) many_fields += "X-" + std::to_string(i) + ": 1\r\n";
  const std::string post = "POST /a HTTP/1.1\r\nHost: test\r\n";
  const std::vector<Case> cases = {
      {"a long field", "GET /a HTTP/1.1\r\nHost: test\r\nX-Long: " + std::string(5000, 'x') + "\r\n\r\n", 431},
      {"a field without end", "GET /a HTTP/1.1\r\nHost: test\r\nX-Long: " + std::string(500'000, 'x'), 431},
      {"many fields", many_fields + "\r\n", 431},
      {"a long target", "GET /a?" + std::string(300, 't') + " HTTP/1.1\r\nHost: test\r\n\r\n", 414},
      {"a target without end", "GET /a?" + std::string(500'000, 't'), 414},
      {"a length past the limit", post + "Content-Length: 1001\r\n\r\n", 413},
      {"a huge length", post + "Content-Length: 18446744073709551615\r\n\r\n", 413},
      {"chunks past the limit",
       post + "Transfer-Encoding: chunked\r\n\r\n258\r\n" + std::string(600, 'c') + "\r\n258\r\n" + std::string(600, 'c') + "\r\n0\r\n\r\n",
       413},
      {"one huge chunk", post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nabc", 413}};
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    for (const Case& c : cases) {
      CAPTURE(c.what);
      RawClient client = server->connect();
      (void)client.send_until_refused(c.request);
      const RawResponse response = client.read_response();
      CHECK(response.status == c.status);
      CHECK(response.field("Connection") == "close");
      client.half_close();
      CHECK(client.ends_without_more());
    }
    RawClient client = server->connect();
    CHECK(client.exchange(post + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b')).body == "answer");
    CHECK(client.get("/a?" + std::string(150, 't')).body == "answer");
  }
}

TEST_CASE("a client that goes on sending its refused content gets to read the 413, and no reset before it") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("limits": {"body_bytes": 1000}, "timeouts": {"linger": "10s"},)") + route;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    for (const std::string framing : {"Content-Length: 4000000", "Transfer-Encoding: chunked"}) {
      CAPTURE(framing);
      RawClient client = server->connect();
      client.send("POST /a HTTP/1.1\r\nHost: test\r\n" + framing + "\r\n\r\n");
      std::string content;
      if (framing.starts_with("Transfer")) {
        for (int i = 0; i < 400; ++i) content += "2710\r\n" + std::string(10'000, 'c') + "\r\n";
        content += "0\r\n\r\n";
      } else {
        content.assign(4'000'000, 'b');
      }
      client.send(content);  // all of it is taken, although nobody wants it
      client.half_close();
      CHECK(client.read_response().status == 413);
      CHECK(client.ends_without_more());
    }
  }
}

TEST_CASE("a client that expects 100 learns of the limit before it sends") {
  const TemporaryFolder folder;
  const Model model{1, 1};
  const auto server = ServerProcess::run(model, folder, std::string(R"("limits": {"body_bytes": 1000},)") + route);
  RawClient client = server->connect();
  client.send("POST /a HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  CHECK(client.read_response().status == 413);
}

TEST_CASE("a header that does not end in time gets 408, an idle connection just ends") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("timeouts": {"header": "300ms", "idle": "400ms"},)") + route;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    RawClient slow = server->connect();
    RawClient idle = server->connect();
    RawClient mute = server->connect();
    slow.send("GET /a HTTP/1.1\r\nHost: te");
    CHECK(idle.get("/a").body == "answer");
    const RawResponse response = slow.read_response();
    CHECK(response.status == 408);
    CHECK(response.field("Connection") == "close");
    slow.half_close();
    CHECK(slow.ends_without_more());
    CHECK(idle.ends_without_more());
    CHECK(mute.ends_without_more());
  }
}

TEST_CASE("content that comes too slowly gets 408") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("timeouts": {"body_rate": "100k", "body_grace": "300ms"},)") + route;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    RawClient client = server->connect();
    client.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nsome");
    CHECK(client.read_response().status == 408);
    client.half_close();
    CHECK(client.ends_without_more());
  }
}

TEST_CASE("a client that takes nothing of its response is given up") {
  const TemporaryFolder folder;
  const std::string file(64'000'000, 'l');
  folder.write("site/large.bin", file);
  const std::string configuration = R"("timeouts": {"send": "300ms"}, "limits": {"connections": 1},
    "routes": [{"match": "/{path...}", "handler": "static_files", "options": {"root": "site"}}])";
  for (const Model& model : {Model{0, 1}, Model{1, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    RawClient client = server->connect();
    client.send("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.read_bytes(5) == "HTTP/");
    // The only place is free again once the server has closed the connection.
    CHECK(eventually([&] { return server->connect().get("/missing").status == 404; }));
    std::size_t received = 0;
    try {
      received = client.read_until_close().size();
    } catch (const std::runtime_error&) {
      received = 0;  // a reset is an end as well
    }
    CHECK(received < file.size());
  }
}

TEST_CASE("past the limit of connections a worker answers 503 at once, and serves again when one has ended") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("limits": {"connections": 3},)") + route;
  for (const Model& model : {Model{0, 1}, Model{1, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    std::vector<RawClient> kept;
    for (int i = 0; i < 3; ++i) {
      kept.push_back(server->connect());
      CHECK(kept.back().get("/a").status == 200);
    }
    RawClient refused = server->connect();
    refused.send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n");
    const RawResponse response = refused.read_response();
    CHECK(response.status == 503);
    CHECK(response.field("Connection") == "close");
    CHECK(refused.ends_without_more());
    CHECK(kept.back().get("/a").status == 200);
    kept.pop_back();
    CHECK(eventually([&] { return server->connect().get("/a").status == 200; }));
  }
}

TEST_CASE("however many connections are too many, each is told so at once, and lingering ones take nobody's place") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("limits": {"connections": 2}, "timeouts": {"linger": "1m"},)") + route;
  for (const Model& model : {Model{0, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    std::vector<RawClient> kept;
    for (int i = 0; i < 2; ++i) {
      kept.push_back(server->connect());
      CHECK(kept.back().get("/a").status == 200);
    }
    std::vector<RawClient> refused;  // none of them closes its side
    for (int i = 0; i < 40; ++i) {
      refused.push_back(server->connect());
      CHECK(refused.back().read_response().status == 503);
    }
    kept.pop_back();
    CHECK(eventually([&] {
      try {
        return server->connect().get("/a").status == 200;
      } catch (const std::runtime_error&) { return false; }  // refused without lingering, before the request came
    }));
  }
}

TEST_CASE("past the limit of connections from one address it gets 429, and others are served") {
  const TemporaryFolder folder;
  const std::string configuration =
      std::string(R"("limits": {"connections_per_address": 2}, "listen": ["127.0.0.1:0", "[::1]:0"],)") + route;
  for (const Model& model : {Model{0, 1}, Model{1, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    const SocketAddress address = server->address();
    std::vector<RawClient> kept;
    for (int i = 0; i < 2; ++i) {
      kept.emplace_back(address);
      CHECK(kept.back().get("/a").status == 200);
    }
    RawClient third(address);
    const RawResponse refused = third.read_response();
    CHECK(refused.status == 429);
    CHECK(refused.field("Connection") == "close");
    CHECK(server->connect(1).get("/a").status == 200);
    kept.pop_back();
    (void)third.ends_without_more();
    CHECK(eventually([&] {
      RawClient again(address);
      again.send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n");
      return again.read_response().status == 200;
    }));
    CHECK(eventually([&] { return server->standard_error().find("connections_per_address") != std::string::npos; }));
  }
}

TEST_CASE("on a unix socket, whose clients have no address, no such limit applies") {
  const TemporaryFolder folder;
  const std::string configuration = std::string(R"("limits": {"connections_per_address": 1}, "listen": ["unix:s"],)") + route;
  const auto server = ServerProcess::run({1, 1}, folder, configuration);
  RawClient first = server->connect();
  CHECK(first.get("/a").status == 200);
  CHECK(server->connect().get("/a").status == 200);
}

}  // namespace limits_test
