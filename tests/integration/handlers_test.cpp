#include <doctest/doctest.h>

#include "tests/support/server_process.hpp"

namespace handlers_test {

using namespace ropeway::testing;

TEST_CASE("the smallest handlers answer as they were configured") {
  const TemporaryFolder folder;
  const std::string configuration = R"("server_name": "cable", "routes": [
    {"match": "GET /health", "handler": "health"},
    {"match": "/fixed", "handler": "fixed_response",
     "options": {"status": 418, "media_type": "text/x-tea", "body": "short and stout", "headers": {"X-Pot": "brown"}}},
    {"match": "GET /empty", "handler": "fixed_response", "options": {"status": 204}},
    {"match": "GET /old", "handler": "redirect", "options": {"to": "/new"}},
    {"match": "GET /moved/{path...}", "handler": "redirect", "options": {"to": "https://example.org/base/", "status": 308, "keep_path": true}}])";
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, configuration);
    RawClient client = server->connect();

    const RawResponse health = client.get("/health");
    CHECK(health.status == 200);
    CHECK(health.body == "ok\n");
    CHECK(health.field("Cache-Control") == "no-store");
    CHECK(health.field("Server") == "cable");

    const RawResponse fixed = client.exchange("PUT /fixed HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\ntea");
    CHECK(fixed.status == 418);
    CHECK(fixed.body == "short and stout");
    CHECK(fixed.field("Content-Type") == "text/x-tea");
    CHECK(fixed.field("X-Pot") == "brown");
    const RawResponse empty = client.get("/empty");
    CHECK(empty.status == 204);
    CHECK_FALSE(empty.has("Content-Length"));

    const RawResponse old = client.get("/old");
    CHECK(old.status == 302);
    CHECK(old.field("Location") == "/new");
    const RawResponse moved = client.get("/moved/a%20b/c?d=e");
    CHECK(moved.status == 308);
    CHECK(moved.field("Location") == "https://example.org/base/a%20b/c?d=e");

    CHECK(client.get("/nothing").status == 404);
    const RawResponse wrong_method = client.exchange("POST /health HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
    CHECK(wrong_method.status == 405);
    CHECK(wrong_method.field("Allow").find("GET") != std::string::npos);
    const RawResponse head = client.exchange("HEAD /health HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == "3");
  }
}

}  // namespace handlers_test
