#include <ropeway/testing/client.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <ropeway/ropeway.hpp>

namespace ropeway::testing::test_client_test {
namespace {

class Echo final : public Handler {
 public:
  Response handle(const Request& request) const override {
    return Response::text(std::string(request.method_name()) + " " + std::string(request.param("what")) + " " + std::string(request.body()))
        .header("X-Host", request.host());
  }
};

void register_handlers(Registry& registry) {
  registry.handler<Echo>("echo");
  registry.handler("stream", [](const Request&) {
    return Response::stream("text/plain", [](BodyWriter& writer) -> awaitable<void> {
      co_await writer.write("one ");
      co_await writer.write("two");
    });
  });
  registry.handler("throws", [](const Request&) -> Response { throw HttpError(Status::conflict, "not now"); });
}

constexpr std::string_view configuration = R"({
  "limits": {"body_bytes": "1M"},
  "middlewares": [{"name": "response_fields", "options": {"set": {"X-By": "test"}}}],
  "routes": [
    {"match": "/echo/{what}", "handler": "echo"},
    {"match": "GET /stream", "handler": "stream"},
    {"match": "/throws", "handler": "throws"}
  ]
})";

TEST_CASE("a client's request takes the whole way through routes, middlewares and handlers") {
  Client client(configuration, register_handlers);
  const Answer answer = client.post("/echo/this", "text/plain", "content");
  CHECK(answer.status == Status::ok);
  CHECK(answer.body == "POST this content");
  CHECK(answer.headers.find("X-Host") == "localhost");
  CHECK(answer.headers.find("X-By") == "test");
  CHECK(client.get("/echo/a%20b", {{"Host", "example.org"}}).headers.find("X-Host") == "example.org");
  CHECK(client.get("/throws").status == Status::conflict);
  CHECK(client.get("/nothing").status == Status::not_found);
  CHECK(client.request("DELETE", "/stream").headers.find("Allow") == "GET, HEAD, OPTIONS");
  CHECK(client.request("HEAD", "/echo/x").body.empty());
}

TEST_CASE("an answer comes without its transfer coding, and large content goes both ways") {
  Client client(configuration, register_handlers);
  const Answer stream = client.get("/stream");
  CHECK(stream.headers.find("Transfer-Encoding") == "chunked");
  CHECK(stream.body == "one two");
  const std::string large(1'000'000, 'x');
  CHECK(client.post("/echo/x", "text/plain", large).body == "POST x " + large);
  CHECK(client.post("/echo/x", "text/plain", large + large).status == Status::content_too_large);
}

TEST_CASE("bytes go in as they are, and what the server says to them comes out as it is") {
  Client client(configuration, register_handlers);
  CHECK(client.exchange("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(client.exchange("").empty());
  const std::string two = client.exchange("GET /throws HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(two.starts_with("HTTP/1.1 409 "));
  CHECK(two.find("HTTP/1.1 200 ") != std::string::npos);
  CHECK_THROWS_AS((void)client.get("/", {{"X", "a\r\nb"}}), std::invalid_argument);
}

TEST_CASE("a configuration with a mistake is refused with the report that a server would print") {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      const Client client(text);
      return "none";
    } catch (const std::invalid_argument& error) { return error.what(); }
  };
  CHECK(refusal(R"({"routes": [], "thread": 1})").starts_with("configuration:1:16: "));
  CHECK(refusal(R"({"routes": [{"match": "GET /{a}/{a}", "handler": "health"}]})").starts_with("configuration:1:"));
  CHECK_THROWS_AS((void)Client::from_file("/nowhere/ropeway.json"), std::system_error);
}

}  // namespace
}  // namespace ropeway::testing::test_client_test
