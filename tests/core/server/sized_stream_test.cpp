// Streams whose length is known beforehand.

#include <doctest/doctest.h>

#include <string>

#include <ropeway/response.hpp>

#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server {
namespace {

routing::RouteDefinition sized(const char* match, std::uint64_t length) {
  return route(match, [length](const Request&) {
    Response response;
    response.body().assign(BodyStream([](BodyWriter& out) -> awaitable<void> {
                             co_await out.write("four");
                             co_await out.write("five5");
                           }),
                           length);
    return response;
  });
}

}  // namespace

TEST_CASE("a stream of known length is told with it, in every version, and the connection goes on") {
  WorkerFixture fixture(routes(sized("/", 9)));
  auto client = fixture.connect();
  for (const char* request : {"GET / HTTP/1.1\r\nHost: t\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    const auto response = client.exchange(request);
    CHECK(response.body == "fourfive5");
    CHECK(response.field("Content-Length") == "9");
    CHECK_FALSE(response.chunked);
  }
  CHECK(client.exchange("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n").field("Content-Length") == "9");
}

TEST_CASE("one that writes less or more than it says is cut off, so that nobody takes it for whole") {
  WorkerFixture fixture(routes(sized("/short", 10), sized("/long", 8)));
  for (const char* target : {"/short", "/long"}) {
    CAPTURE(target);
    auto client = fixture.connect();
    client.send(std::string("GET ") + target + " HTTP/1.1\r\nHost: t\r\n\r\n");
    const std::string all = client.read_until_close();
    CHECK(all.find("\r\n\r\nfour") != std::string::npos);
    CHECK(all.find("fourfive5") == (std::string_view(target) == "/long" ? std::string::npos : all.find("four")));
  }
}

}  // namespace ropeway::server
