// The built-in middlewares that refuse requests or answer in a handler's place, in a server, in all models.

#include <doctest/doctest.h>

#include <string>

#include "tests/support/server_process.hpp"

namespace refusals_test {

using namespace ropeway::testing;

TEST_CASE("a rate limit goes by the client that a trusted proxy tells of, too") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder, R"("trusted_proxies": ["127.0.0.1"],
    "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "in"},
      "middlewares": [{"name": "rate_limit", "options": {"rate": 1, "per": "1h"}}]}])");
  for (const char* client : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    CAPTURE(client);
    const std::string field = std::string("X-Forwarded-For: ") + client + "\r\n";
    CHECK(server->connect().get("/", field).status == 200);
    CHECK(server->connect().get("/", field).status == 429);
  }
}

TEST_CASE("access goes by the client that a trusted proxy tells of, and by nobody else's word") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const std::string routes = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "in"},
      "middlewares": [{"name": "access", "options": {"allow": ["192.0.2.0/24"]}}]}])";
    const auto trusting = ServerProcess::run(model, folder, R"("trusted_proxies": ["127.0.0.1"], )" + routes);
    RawClient client = trusting->connect();
    CHECK(client.get("/").status == 403);
    CHECK(client.get("/", "X-Forwarded-For: 192.0.2.7\r\n").body == "in");
    CHECK(client.get("/", "X-Forwarded-For: 192.0.2.7, 198.51.100.1\r\n").status == 403);
    const TemporaryFolder other;
    const auto plain = ServerProcess::run(model, other, routes);
    CHECK(plain->connect().get("/", "X-Forwarded-For: 192.0.2.7\r\n").status == 403);
  }
}

TEST_CASE("csrf refuses what other pages send, and content that was not read harms no request behind it") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server =
        ServerProcess::run(model, folder, R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "in"},
      "middlewares": ["csrf"]}])");
    RawClient client = server->connect();
    const auto post = [&](const std::string& fields) {
      return client.exchange("POST / HTTP/1.1\r\nHost: example.org\r\nContent-Length: 5\r\n" + fields + "\r\nhello");
    };
    CHECK(post("").body == "in");
    CHECK(post("Sec-Fetch-Site: cross-site\r\n").status == 403);
    CHECK(post("Sec-Fetch-Site: same-origin\r\n").body == "in");
    CHECK(post("Origin: https://evil.example\r\n").status == 403);
    CHECK(post("Origin: https://example.org\r\n").body == "in");
    CHECK(client.get("/", "Sec-Fetch-Site: cross-site\r\n").body == "in");
  }
}

TEST_CASE("error pages stand in the place of what the server and middlewares behind them say, for HEAD, too") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    (void)folder.write("errors/4xx.html", "<h1>{status}</h1>");
    const auto server =
        ServerProcess::run(model, folder, R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"status": 404}},
      {"match": "/private", "handler": "fixed_response", "middlewares": [{"name": "access", "options": {"deny": ["127.0.0.1"]}}]}],
      "middlewares": [{"name": "error_pages", "options": {"files": {"4xx": "errors/4xx.html"}}}])");
    RawClient client = server->connect();
    const RawResponse missing = client.get("/nothing");
    CHECK(missing.status == 404);
    CHECK(missing.body == "<h1>404</h1>");
    CHECK(missing.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(client.get("/private").body == "<h1>403</h1>");
    const RawResponse head = client.exchange("HEAD /nothing HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(head.status == 404);
    CHECK(head.field("Content-Length") == "12");
    CHECK(client.get("/nothing", "Accept: application/json\r\n").body.find("<h1>") == std::string::npos);
  }
}

TEST_CASE("a route with a timeout is answered with 503 long before timeouts.handler, and the log says why") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("routes": [
      {"match": "/late", "handler": "slow", "options": {"after": "1h"}, "middlewares": [{"name": "timeout", "options": {"time": "100ms"}}]},
      {"match": "/quick", "handler": "slow", "options": {"after": "1ms"}, "middlewares": [{"name": "timeout", "options": {"time": "1h"}}]}])",
                                           {}, unruly_program());
    CHECK(server->connect().get("/late").status == 503);
    CHECK(server->connect().get("/quick").body == "answer");
    CHECK(eventually([&] { return server->standard_error().find("the middleware timeout") != std::string::npos; }));
  }
}

TEST_CASE("concurrency has further requests wait for a place, and refuses those for which there is no room") {
  for (const Model& model : {Model{0, 1}, Model{1, 2}}) {  // its places are one process's
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("routes": [
      {"match": "/held", "handler": "slow", "options": {"after": "1h"}, "middlewares": [
        {"name": "timeout", "options": {"time": "1h"}},
        {"name": "concurrency", "options": {"at_once": 1, "queue": 1, "wait": "100ms"}}]},
      {"match": "/taken_in_turn", "handler": "slow", "options": {"after": "20ms"}, "middlewares": [
        {"name": "concurrency", "options": {"at_once": 1, "queue": 8, "wait": "1h"}}]}])",
                                           {}, unruly_program());
    RawClient first = server->connect();
    first.send("GET /held HTTP/1.1\r\nHost: t\r\n\r\n");
    // One has the place, for an hour: the first, or where threads took another turn, the next one, which then gets no answer.
    RawResponse refused;
    for (int i = 0; i < 2 && refused.status == 0; ++i) {
      try {
        refused = RawClient(server->address(), std::chrono::seconds(5)).get("/held");
      } catch (const std::runtime_error&) {}
    }
    CHECK(refused.status == 503);
    CHECK(refused.field("Retry-After") == "1");
    CHECK(refused.body.find("Too many requests are being worked on") != std::string::npos);
    std::vector<RawClient> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(server->connect());
      clients.back().send("GET /taken_in_turn HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    for (RawClient& client : clients) CHECK(client.read_response().body == "answer");
  }
}

}  // namespace refusals_test
