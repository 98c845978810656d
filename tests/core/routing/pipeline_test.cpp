#include "core/src/routing/pipeline.hpp"

#include <doctest/doctest.h>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

#include "core/src/http/request_access.hpp"
#include "core/src/routing/site.hpp"
#include "core/src/testing/event_loop.hpp"
#include "tests/support/recording_services.hpp"

namespace pipeline_test {
using ropeway::awaitable;
using ropeway::ConnectionLost;
using ropeway::HttpError;
using ropeway::Next;
using ropeway::Request;
using ropeway::Response;
using ropeway::Status;
using ropeway::routing::Reply;
using ropeway::routing::RouteDefinition;
using ropeway::routing::Site;
using ropeway::testing::body_of;
using ropeway::testing::RequestBuilder;

namespace {

using Trace = std::vector<std::string>;

/// Writes down when it is entered and left, and with which status.
struct Tracer final : ropeway::Middleware {
  Tracer(std::string name, Trace& trace) : name_(std::move(name)), trace_(trace) {}
  awaitable<Response> handle(Request& request, Next next) const override {
    trace_.push_back(name_ + " in");
    Response response = co_await next(request);
    trace_.push_back(name_ + " out " + std::to_string(ropeway::code(response.status())));
    co_return std::move(response).header("X-" + name_, "seen");
  }
  std::string name_;
  Trace& trace_;
};

/// Does not call `next`.
struct Refuser final : ropeway::Middleware {
  awaitable<Response> handle(Request&, Next) const override { co_return Response::error(Status::forbidden); }
};

/// Throws before it is a coroutine.
struct Thrower final : ropeway::Middleware {
  awaitable<Response> handle(Request&, Next) const override { throw HttpError(Status::too_many_requests, "slow down"); }
};

/// Throws on the way out.
struct LateThrower final : ropeway::Middleware {
  awaitable<Response> handle(Request& request, Next next) const override {
    const Response dropped = co_await next(request);
    throw std::runtime_error("broken on the way out");
  }
};

struct Echo final : ropeway::Handler {
  Response handle(const Request& request) const override { return Response::text(request.body()); }
};
struct BlockingEcho final : ropeway::BlockingHandler {
  Response handle(const Request& request) const override { return Response::text(request.body()); }
};
struct AsyncEcho final : ropeway::AsyncHandler {
  awaitable<Response> handle(Request& request) const override {
    const bool unread = request.body().empty() && request.body_reader() != nullptr;
    const std::string_view body = co_await request.read_body();
    co_return Response::text((unread ? "unread " : "read ") + std::string(body));
  }
};
struct Failing final : ropeway::Handler {
  Response handle(const Request&) const override { throw std::runtime_error("no luck"); }
};
struct Losing final : ropeway::AsyncHandler {
  awaitable<Response> handle(Request&) const override {
    throw ConnectionLost("gone");
    co_return Response();
  }
};

struct TwoPieces final : ropeway::BodyReader {
  awaitable<std::string_view> read() override {
    constexpr std::string_view pieces[] = {"one ", "two", ""};
    co_return pieces[reads++];
  }
  std::size_t reads = 0;
};

template <class Kind, class T>
RouteDefinition route_to(std::vector<std::shared_ptr<const ropeway::Middleware>> middlewares) {
  RouteDefinition definition;
  definition.match = "/";
  definition.name = "it";
  definition.handler = std::unique_ptr<Kind>(std::make_unique<T>());
  definition.middlewares = std::move(middlewares);
  return definition;
}

struct Outcome {
  Status status{};
  std::string body;
  std::size_t reads = 0;
  bool ready = false;
};

template <class Kind, class T>
Outcome ask(ropeway::Services& services, std::vector<std::shared_ptr<const ropeway::Middleware>> middlewares) {
  std::vector<RouteDefinition> routes;
  routes.push_back(route_to<Kind, T>(std::move(middlewares)));
  const Site site(std::move(routes), services);
  Request request = RequestBuilder("POST", "/");
  TwoPieces reader;
  ropeway::RequestAccess::set_body_reader(request, &reader);
  const Site::Match match = site.find(request);
  CHECK(match.starts_at_head());
  Reply reply = site.serve(request, match);
  Outcome outcome;
  outcome.ready = std::holds_alternative<Response>(reply);
  Response response =
      outcome.ready ? std::get<Response>(std::move(reply)) : ropeway::testing::run_to_end(std::get<awaitable<Response>>(std::move(reply)));
  outcome.status = response.status();
  outcome.body = body_of(std::move(response));
  outcome.reads = reader.reads;
  return outcome;
}

}  // namespace

TEST_CASE("middlewares run in the order of their list on the way in, and back on the way out") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  const auto outcome = ask<ropeway::Handler, Echo>(
      services, {std::make_shared<Tracer>("a", trace), std::make_shared<Tracer>("b", trace), std::make_shared<Tracer>("c", trace)});
  CHECK(outcome.body == "one two");
  CHECK(trace == Trace{"a in", "b in", "c in", "c out 200", "b out 200", "a out 200"});
}

TEST_CASE("the body is read for a handler that wants it whole, and left to one that reads it itself") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  CHECK(ask<ropeway::Handler, Echo>(services, {std::make_shared<Tracer>("a", trace)}).body == "one two");
  CHECK(ask<ropeway::BlockingHandler, BlockingEcho>(services, {std::make_shared<Tracer>("a", trace)}).body == "one two");
  CHECK(services.blocking_pool().runs == 1);
  CHECK(ask<ropeway::AsyncHandler, AsyncEcho>(services, {std::make_shared<Tracer>("a", trace)}).body == "unread one two");
}

TEST_CASE("a middleware that does not call next answers at once, and no body is read") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  const auto outcome = ask<ropeway::Handler, Echo>(
      services, {std::make_shared<Tracer>("a", trace), std::make_shared<Refuser>(), std::make_shared<Tracer>("c", trace)});
  CHECK(outcome.status == Status::forbidden);
  CHECK(outcome.reads == 0);
  CHECK(trace == Trace{"a in", "a out 403"});
}

TEST_CASE("what is thrown behind next has become a response there, and is logged once") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  const auto outcome =
      ask<ropeway::Handler, Failing>(services, {std::make_shared<Tracer>("a", trace), std::make_shared<Tracer>("b", trace)});
  CHECK(outcome.status == Status::internal_server_error);
  CHECK(trace == Trace{"a in", "b in", "b out 500", "a out 500"});
  CHECK(services.logger().lines() == Trace{"error: handler threw an exception route=/ handler=it error=no luck"});
}

TEST_CASE("what a middleware throws is a response to the one in front of it") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  CHECK(ask<ropeway::Handler, Echo>(services, {std::make_shared<Tracer>("a", trace), std::make_shared<Thrower>()}).status ==
        Status::too_many_requests);
  CHECK(trace == Trace{"a in", "a out 429"});
  trace.clear();
  CHECK(ask<ropeway::Handler, Echo>(services, {std::make_shared<Tracer>("a", trace), std::make_shared<LateThrower>()}).status ==
        Status::internal_server_error);
  CHECK(trace == Trace{"a in", "a out 500"});
}

TEST_CASE("what the outermost middleware throws becomes a response too, as a coroutine or before") {
  ropeway::testing::RecordingServices services;
  const auto early = ask<ropeway::Handler, Echo>(services, {std::make_shared<Thrower>()});
  CHECK(early.ready);
  CHECK(early.status == Status::too_many_requests);
  CHECK(ask<ropeway::Handler, Echo>(services, {std::make_shared<LateThrower>()}).status == Status::internal_server_error);
}

TEST_CASE("a lost connection passes through the whole chain") {
  ropeway::testing::RecordingServices services;
  Trace trace;
  using Chain = std::vector<std::shared_ptr<const ropeway::Middleware>>;
  const Chain chain{std::make_shared<Tracer>("a", trace), std::make_shared<Tracer>("b", trace)};
  CHECK_THROWS_AS((ask<ropeway::AsyncHandler, Losing>(services, chain)), ConnectionLost);
  CHECK(trace == Trace{"a in", "b in"});
  CHECK(services.logger().lines().empty());
}

}  // namespace pipeline_test
