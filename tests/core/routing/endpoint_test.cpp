#include "core/src/routing/endpoint.hpp"

#include <doctest/doctest.h>

#include <ropeway/testing/call.hpp>

#include "core/src/testing/event_loop.hpp"
#include "tests/support/recording_services.hpp"

namespace endpoint_test {
using ropeway::Request;
using ropeway::Response;
using ropeway::routing::make_endpoint;
using ropeway::routing::Reply;
using ropeway::testing::body_of;
using ropeway::testing::RequestBuilder;

namespace {

std::string answer_to(const Request& request) { return "saw " + std::string(request.path()); }

struct Immediate final : ropeway::Handler {
  Response handle(const Request& request) const override { return Response::text(answer_to(request)); }
};
struct Async final : ropeway::AsyncHandler {
  ropeway::awaitable<Response> handle(Request& request) const override { co_return Response::text(answer_to(request)); }
};
struct Blocking final : ropeway::BlockingHandler {
  Response handle(const Request& request) const override { return Response::text(answer_to(request)); }
};

}  // namespace

TEST_CASE("a Handler answers at once, on the thread that asks") {
  ropeway::testing::RecordingServices services;
  const auto endpoint = make_endpoint(std::make_unique<Immediate>(), services, {"GET /", "test"});
  Request request = RequestBuilder("GET", "/a");
  Reply reply = endpoint->serve(request);
  REQUIRE(std::holds_alternative<Response>(reply));
  CHECK(body_of(std::get<Response>(std::move(reply))) == "saw /a");
  CHECK_FALSE(endpoint->starts_at_head());
  CHECK(services.blocking_pool().runs == 0);
}

TEST_CASE("an AsyncHandler starts at the head and answers with a coroutine") {
  ropeway::testing::RecordingServices services;
  const auto endpoint = make_endpoint(std::make_unique<Async>(), services, {"GET /", "test"});
  Request request = RequestBuilder("GET", "/b");
  Reply reply = endpoint->serve(request);
  REQUIRE(std::holds_alternative<ropeway::awaitable<Response>>(reply));
  CHECK(body_of(ropeway::testing::run_to_end(std::get<ropeway::awaitable<Response>>(std::move(reply)))) == "saw /b");
  CHECK(endpoint->starts_at_head());
}

TEST_CASE("a BlockingHandler runs on the blocking pool") {
  ropeway::testing::RecordingServices services;
  const auto endpoint = make_endpoint(std::make_unique<Blocking>(), services, {"GET /", "test"});
  Request request = RequestBuilder("GET", "/c");
  Reply reply = endpoint->serve(request);
  REQUIRE(std::holds_alternative<ropeway::awaitable<Response>>(reply));
  CHECK(services.blocking_pool().runs == 0);
  CHECK(body_of(ropeway::testing::run_to_end(std::get<ropeway::awaitable<Response>>(std::move(reply)))) == "saw /c");
  CHECK(services.blocking_pool().runs == 1);
  CHECK_FALSE(endpoint->starts_at_head());
}

}  // namespace endpoint_test
