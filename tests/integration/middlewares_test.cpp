// The built-in middlewares, in a server.

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace middlewares_test {

using namespace ropeway::testing;

namespace {

RawResponse preflight(RawClient& client, const std::string& path, const std::string& method) {
  client.send("OPTIONS " + path + " HTTP/1.1\r\nHost: test\r\nOrigin: https://page.example\r\nAccess-Control-Request-Method: " + method +
              "\r\n\r\n");
  return client.read_response();
}

}  // namespace

TEST_CASE("a preflight is answered by the middlewares of the route that it asks about, in all models") {
  const TemporaryFolder folder;
  const std::string routes = R"("routes": [
    {"match": "GET /thing/{id}", "handler": "fixed_response"},
    {"match": "POST /thing/{id}", "handler": "fixed_response", "middlewares": [{"name": "cors", "options": {"origins": ["https://page.example"]}}]},
    {"match": "/all", "handler": "fixed_response", "options": {"body": "handler"}, "middlewares": [{"name": "cors", "options": {"origins": ["*"]}}]},
    {"match": "PUT /plain", "handler": "fixed_response", "middlewares": [{"name": "security_headers"}]}])";
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    RawClient client = server->connect();
    RawResponse response = preflight(client, "/thing/1", "POST");
    CHECK(response.status == 204);
    CHECK(response.field("access-control-allow-origin") == "https://page.example");
    response = preflight(client, "/thing/1", "GET");  // no such middleware there
    CHECK(response.status == 204);
    CHECK(response.field("access-control-allow-origin").empty());
    CHECK(response.field("allow") == "GET, HEAD, POST, OPTIONS");
    response = preflight(client, "/thing/1", "DELETE");  // no such route
    CHECK(response.status == 204);
    CHECK(response.field("access-control-allow-origin").empty());
    response = preflight(client, "/all", "BREW");
    CHECK(response.status == 204);
    CHECK(response.field("access-control-allow-origin") == "*");
    response = preflight(client, "/plain", "PUT");  // the automatic answer, behind the middlewares
    CHECK(response.status == 204);
    CHECK(response.field("allow") == "PUT, OPTIONS");
    CHECK(response.field("x-content-type-options") == "nosniff");
    CHECK(preflight(client, "/nothing", "PUT").status == 404);
  }
}

TEST_CASE("clients are told the id that the access log has for their request") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 2}, folder, R"("log": {"access": {"file": "access.log", "format": "json"}},
    "middlewares": ["request_id"], "routes": [{"match": "/{deed}", "handler": "fixed_response"}])");
  RawClient client = server->connect();
  const std::string first = client.get("/a").field("x-request-id");
  const std::string second = client.get("/b").field("x-request-id");
  CHECK(first.size() == 13);
  CHECK(second.size() == 13);
  CHECK(first != second);
  REQUIRE(eventually([&] { return read_file(folder / "access.log").find(second) != std::string::npos; }));
  std::istringstream lines(read_file(folder / "access.log"));
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(parsed_json(line)["request_id"] == first);
  CHECK(parsed_json(line)["target"] == "/a");
}

TEST_CASE("an id that a proxy has given is sent back and logged where that is wanted, and is otherwise no id") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, R"("routes": [
    {"match": "/proxied", "handler": "fixed_response", "middlewares": [{"name": "request_id", "options": {"accept": true}}]},
    {"match": "/direct", "handler": "fixed_response", "middlewares": [{"name": "request_id"}]}])");
  RawClient client = server->connect();
  const auto id_of = [&](const std::string& path, const std::string& given) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: test\r\nX-Request-Id: " + given + "\r\n\r\n");
    return client.read_response().field("x-request-id");
  };
  CHECK(id_of("/proxied", "4f-A:1/x=") == "4f-A:1/x=");
  CHECK(id_of("/direct", "4f-A:1/x=").size() == 13);
  CHECK(id_of("/proxied", "not \"this\"").size() == 13);
  CHECK(id_of("/proxied", std::string(129, 'a')).size() == 13);
  CHECK(eventually([&] { return server->standard_error().find("4f-A:1/x=") != std::string::npos; }));
}

TEST_CASE("content that a route does not allow is refused before it is sent") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, R"("routes": [
    {"match": "/", "handler": "fixed_response", "middlewares": [{"name": "body_limit", "options": {"bytes": "1k"}}]}])");
  RawClient client = server->connect();
  client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1025\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_response().status == 413);
}

}  // namespace middlewares_test
