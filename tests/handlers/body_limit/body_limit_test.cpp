#include "handlers/body_limit/body_limit.hpp"

#include <doctest/doctest.h>

#include <string>

#include <ropeway/testing/call.hpp>

namespace ropeway::handlers {
namespace {

using testing::RequestBuilder;

struct Size final : Handler {
  Response handle(const Request& request) const override { return Response::text(std::to_string(request.body().size())); }
};

std::string ask(const RequestBuilder& request) {
  const BodyLimit middleware(ConfigNode::from_json(R"({"bytes": 1000})", BodyLimit::settings()));
  Response response = testing::call(middleware, Size{}, request);
  return response.status() == Status::ok ? testing::body_of(std::move(response)) : std::to_string(code(response.status()));
}

}  // namespace

TEST_CASE("content up to the limit is passed on, whether its length was told or not; past it, it is 413") {
  CHECK(ask(RequestBuilder("GET", "/")) == "0");
  CHECK(ask(RequestBuilder("POST", "/").body(std::string(1000, 'x'))) == "1000");  // in pieces, of unknown length
  CHECK(ask(RequestBuilder("POST", "/").body(std::string(1001, 'x'))) == "413");
  CHECK(ask(RequestBuilder("POST", "/").header("Content-Length", "1000").body(std::string(1000, 'x'))) == "1000");
  CHECK(ask(RequestBuilder("POST", "/").header("Content-Length", "1001").body(std::string(1001, 'x'))) == "413");
}

TEST_CASE("content that is announced as too long is refused before it is read") {
  CHECK(ask(RequestBuilder("POST", "/").header("Content-Length", "18446744073709551615")) == "413");
}

}  // namespace ropeway::handlers
