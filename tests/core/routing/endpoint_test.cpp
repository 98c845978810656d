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

// Holds the event loop for as long as the request's target says, in milliseconds.
struct Dawdling final : ropeway::Handler {
  explicit Dawdling(ropeway::testing::RecordingServices& its) : services(its) {}
  Response handle(const Request& request) const override {
    services.clock().advance(std::chrono::milliseconds(std::stoi(std::string(request.path().substr(1)))));
    return Response::text("");
  }
  ropeway::testing::RecordingServices& services;
};

TEST_CASE("a Handler that keeps holding the event loop runs on the blocking pool from then on, and the log names it once") {
  ropeway::testing::RecordingServices services;
  services.blocking_pool().takes_over = std::chrono::milliseconds(100);
  const auto endpoint = make_endpoint(std::make_unique<Dawdling>(services), services, {"GET /slow", "dawdling"});
  const auto runs_at_once = [&](const char* milliseconds) {
    Request request = RequestBuilder("GET", std::string("/") + milliseconds);
    Reply reply = endpoint->serve(request);
    if (std::holds_alternative<Response>(reply)) return true;
    (void)ropeway::testing::run_to_end(std::get<ropeway::awaitable<Response>>(std::move(reply)));
    return false;
  };

  SUBCASE("calls of 20 ms and more add up") {
    CHECK(runs_at_once("40"));
    CHECK(runs_at_once("40"));
    for (int i = 0; i < 10; ++i) CHECK(runs_at_once("19"));  // short ones do not count
    CHECK(services.logger().lines().empty());
    CHECK(runs_at_once("20"));
    REQUIRE(services.logger().lines().size() == 1);
    CHECK(services.logger().lines()[0].ends_with("derive it from BlockingHandler route=GET /slow handler=dawdling held_ms=100"));
    CHECK_FALSE(runs_at_once("40"));
    CHECK_FALSE(runs_at_once("0"));
    CHECK(services.blocking_pool().runs == 2);
    CHECK(services.logger().lines().size() == 1);
  }
  SUBCASE("one that holds it now and then stays") {
    for (int i = 0; i < 20; ++i) {
      CHECK(runs_at_once("90"));
      services.clock().advance(std::chrono::seconds(10));
    }
    CHECK(services.logger().lines().empty());
  }
  SUBCASE("all stay where the pool takes nobody over") {
    services.blocking_pool().takes_over = std::chrono::milliseconds(0);
    const auto other = make_endpoint(std::make_unique<Dawdling>(services), services, {"GET /slow", "dawdling"});
    for (int i = 0; i < 5; ++i) {
      Request request = RequestBuilder("GET", "/5000");
      CHECK(std::holds_alternative<Response>(other->serve(request)));
    }
    CHECK(services.logger().lines().empty());
  }
}

}  // namespace endpoint_test
