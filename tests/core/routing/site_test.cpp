#include "core/src/routing/site.hpp"

#include <doctest/doctest.h>

#include <functional>

#include <ropeway/config_node.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/testing/call.hpp>

#include "core/src/testing/event_loop.hpp"
#include "tests/support/allocation_counter.hpp"
#include "tests/support/recording_services.hpp"

namespace site_test {
using ropeway::awaitable;
using ropeway::ConnectionLost;
using ropeway::HttpError;
using ropeway::Request;
using ropeway::Response;
using ropeway::Status;
using ropeway::routing::Reply;
using ropeway::routing::RouteDefinition;
using ropeway::routing::Site;
using ropeway::testing::body_of;
using ropeway::testing::RequestBuilder;

namespace {

using Answer = std::function<Response(const Request&)>;

struct Immediate final : ropeway::Handler {
  explicit Immediate(Answer answer) : answer_(std::move(answer)) {}
  Response handle(const Request& request) const override { return answer_(request); }
  Answer answer_;
};
struct Async final : ropeway::AsyncHandler {
  explicit Async(Answer answer) : answer_(std::move(answer)) {}
  awaitable<Response> handle(Request& request) const override { co_return answer_(request); }
  Answer answer_;
};
struct Blocking final : ropeway::BlockingHandler {
  explicit Blocking(Answer answer) : answer_(std::move(answer)) {}
  Response handle(const Request& request) const override { return answer_(request); }
  Answer answer_;
};

Response with_parameters(const Request& request) {
  return Response::text("id=" + std::string(request.param("id")) + " rest=" + std::string(request.param("rest")));
}

template <class Kind = Immediate>
RouteDefinition route(std::string match, Answer answer = with_parameters) {
  RouteDefinition definition;
  definition.match = std::move(match);
  definition.name = "it";
  if constexpr (std::is_same_v<Kind, Async>) {
    definition.handler = std::unique_ptr<ropeway::AsyncHandler>(std::make_unique<Async>(std::move(answer)));
  } else if constexpr (std::is_same_v<Kind, Blocking>) {
    definition.handler = std::unique_ptr<ropeway::BlockingHandler>(std::make_unique<Blocking>(std::move(answer)));
  } else {
    definition.handler = std::unique_ptr<ropeway::Handler>(std::make_unique<Immediate>(std::move(answer)));
  }
  definition.pointer = "/routes/0";
  return definition;
}

template <class... Definitions>
std::vector<RouteDefinition> routes(Definitions... definitions) {
  std::vector<RouteDefinition> list;
  (list.push_back(std::move(definitions)), ...);
  return list;
}

Response finish(Reply reply) {
  if (auto* ready = std::get_if<Response>(&reply)) return std::move(*ready);
  return ropeway::testing::run_to_end(std::get<awaitable<Response>>(std::move(reply)));
}

Response ask(const Site& site, Request request) {
  const Site::Match match = site.find(request);
  return finish(site.serve(request, match));
}

std::string allow_of(const Response& response) { return std::string(response.headers().find("Allow").value_or("none")); }

}  // namespace

TEST_CASE("a request is answered by the handler of its route, with parameters") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("GET /users/{id}"), route("/files/{id}/{rest...}")), services);
  CHECK(body_of(ask(site, RequestBuilder("GET", "/users/7"))) == "id=7 rest=");
  CHECK(body_of(ask(site, RequestBuilder("GET", "/users/a%20b"))) == "id=a b rest=");
  CHECK(body_of(ask(site, RequestBuilder("PUT", "/files/x/a/b.txt"))) == "id=x rest=a/b.txt");
  CHECK(ask(site, RequestBuilder("HEAD", "/users/7")).status() == Status::ok);
}

TEST_CASE("a parameter that is no number is the client's mistake; one that the route does not have is ours, and the log names it") {
  ropeway::testing::RecordingServices services;
  const Site site(
      routes(route("/users/{id}", [](const Request& request) { return Response::text(std::to_string(request.param<int>("id"))); }),
             route("/typo/{id}", [](const Request& request) { return Response::text(std::to_string(request.param<int>("di"))); })),
      services);
  CHECK(body_of(ask(site, RequestBuilder("GET", "/users/-7"))) == "-7");
  const Response refused = ask(site, RequestBuilder("GET", "/users/seven"));
  CHECK(refused.status() == Status::bad_request);
  CHECK(refused.body().text().find("\"id\" is \"seven\"") != std::string::npos);
  CHECK(services.logger().lines().empty());
  const Response ours = ask(site, RequestBuilder("GET", "/typo/7"));
  CHECK(ours.status() == Status::internal_server_error);
  CHECK(ours.body().text().find("di") == std::string::npos);
  REQUIRE(services.logger().lines().size() == 1);
  CHECK(services.logger().lines()[0] ==
        "error: handler threw an exception route=/typo/{id} handler=it error=the route has no parameter {di}; it has {id}");
}

TEST_CASE("an encoded slash stays inside a parameter and is decoded there, and only once") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("/one/{id}"), route("/two/{id}/{rest...}")), services);
  struct Case {
    std::string target;
    std::string expected;
  };
  const Case cases[] = {
      {"/one/a%2Fb", "id=a/b rest="},
      {"/one/a%2fb%2Fc", "id=a/b/c rest="},
      {"/one/%2F", "id=/ rest="},
      {"/one/a%252Fb", "id=a%2Fb rest="},
      {"/one/a%252Fb%2Fc", "id=a%2Fb/c rest="},
      {"/one/100%25%20of%2fit", "id=100% of/it rest="},
      {"/one/%25%32F", "id=%2F rest="},
      {"/two/a%2Fb/c%2Fd/e", "id=a/b rest=c/d/e"},
      {"/two/a/c%2Fd/%2F/", "id=a rest=c/d///"},
      {"/two/a%252F/c%2Fd//", "id=a%2F rest=c/d//"},
      {"/x/../two/./a%2Fb/c%252F/%2e%2e/d%2F", "id=a/b rest=d/"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.target);
    CHECK(body_of(ask(site, RequestBuilder("GET", test.target))) == test.expected);
  }
}

TEST_CASE("an unknown path is answered with 404, a known one with another method with 405 and Allow") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("GET /a"), route("POST /a"), route("GET www.example.org/b")), services);
  CHECK(ask(site, RequestBuilder("GET", "/none")).status() == Status::not_found);
  CHECK(allow_of(ask(site, RequestBuilder("GET", "/none"))) == "none");
  const Response refused = ask(site, RequestBuilder("DELETE", "/a"));
  CHECK(refused.status() == Status::method_not_allowed);
  CHECK(allow_of(refused) == "GET, HEAD, POST, OPTIONS");
  CHECK(ask(site, RequestBuilder("GET", "/b")).status() == Status::not_found);
  CHECK(ask(site, RequestBuilder("GET", "/b").header("Host", "WWW.example.org:8000")).status() == Status::ok);
  CHECK(services.logger().lines().empty());
}

TEST_CASE("a method that nobody knows is answered with 501, whatever the path, unless a route takes every method (RFC 9110 §15.6.2)") {
  ropeway::testing::RecordingServices services;
  const Site named(routes(route("GET /a"), route("BREW /pot")), services);
  for (const char* path : {"/a", "/pot", "/none"}) {
    CHECK(ask(named, RequestBuilder("STEEP", path)).status() == Status::not_implemented);
    CHECK(ask(named, RequestBuilder("get", path)).status() == Status::not_implemented);  // §9.1: methods have a case
    CHECK(ask(named, RequestBuilder("CONNECT", path)).status() == Status::not_implemented);
  }
  CHECK(ask(named, RequestBuilder("BREW", "/pot")).status() == Status::ok);
  CHECK(ask(named, RequestBuilder("BREW", "/a")).status() == Status::method_not_allowed);
  CHECK(ask(named, RequestBuilder("TRACE", "/a")).status() == Status::method_not_allowed);
  const Site all(routes(route("/a"), route("GET /b")), services);
  CHECK(ask(all, RequestBuilder("STEEP", "/a")).status() == Status::ok);
  CHECK(ask(all, RequestBuilder("STEEP", "/b")).status() == Status::method_not_allowed);
  CHECK(ask(all, RequestBuilder("STEEP", "/none")).status() == Status::not_found);
  CHECK(ask(all, RequestBuilder("TRACE", "/a")).status() == Status::method_not_allowed);
}

TEST_CASE("OPTIONS is answered for paths that exist, for the whole server, and by a handler where a route wants it") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("GET /a"), route("POST /b"), route("OPTIONS /b"), route("/c")), services);
  const Response automatic = ask(site, RequestBuilder("OPTIONS", "/a"));
  CHECK(automatic.status() == Status::no_content);
  CHECK(allow_of(automatic) == "GET, HEAD, OPTIONS");
  CHECK(body_of(ask(site, RequestBuilder("OPTIONS", "/b"))) == "id= rest=");
  CHECK(body_of(ask(site, RequestBuilder("OPTIONS", "/c"))) == "id= rest=");
  CHECK(ask(site, RequestBuilder("OPTIONS", "/none")).status() == Status::not_found);
  const Response server_wide = ask(site, RequestBuilder("OPTIONS", "*"));
  CHECK(server_wide.status() == Status::no_content);
  CHECK(allow_of(server_wide) == "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
  CHECK(ask(site, RequestBuilder("GET", "*")).status() == Status::not_found);  // no codec lets that pass
  CHECK(allow_of(ask(Site({}, services), RequestBuilder("OPTIONS", "*"))) == "OPTIONS");
}

TEST_CASE("what a handler says in Allow is completed by the other routes of the path (RFC 9110 §10.2.1)") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("GET /f/{path...}"), route("/f/{path...}"), route("REPORT /f/x"), route("PUT /other")), services);
  const auto completed = [&site](const char* target, const char* allow) {
    const Request request = RequestBuilder("PATCH", target);
    Response response(Status::method_not_allowed);
    if (allow != nullptr) response.headers().add("Allow", allow);
    site.complete_allow(request, response);
    return allow_of(response);
  };
  CHECK(completed("/f/a", "PUT, DELETE, OPTIONS") == "PUT, DELETE, OPTIONS, GET, HEAD");
  CHECK(completed("/f/x", "PUT, GET") == "PUT, GET, HEAD, OPTIONS, REPORT");
  CHECK(completed("/f/x", "") == "GET, HEAD, OPTIONS, REPORT");
  CHECK(completed("/none", "PUT") == "PUT");
  CHECK(completed("/f/a", nullptr) == "none");
}

TEST_CASE("a match tells the route and its handler to the logs") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route<Async>("GET /a/{id}")), services);
  Request request = RequestBuilder("GET", "/a/1");
  const Site::Match match = site.find(request);
  CHECK(std::string(match.route) == "GET /a/{id}");
  CHECK(std::string(match.handler) == "it");
  CHECK(match.starts_at_head());
  Request unknown = RequestBuilder("GET", "/b");
  CHECK(site.find(unknown).route.empty());
  CHECK_FALSE(site.find(unknown).starts_at_head());
}

TEST_CASE_TEMPLATE("what a handler throws becomes a response, whatever its kind", Kind, Immediate, Async, Blocking) {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route<Kind>("GET /teapot", [](auto&) -> Response { throw HttpError(Status::conflict, "twice the same"); }),
                         route<Kind>("GET /down", [](auto&) -> Response { throw HttpError(Status::service_unavailable, "secret: db1"); }),
                         route<Kind>("GET /broken", [](auto&) -> Response { throw std::runtime_error("secret: key"); }),
                         route<Kind>("GET /odd", [](auto&) -> Response { throw 42; }),
                         route<Kind>("GET /no-error", [](auto&) -> Response { throw HttpError(Status::ok, "fine"); })),
                  services);
  Response conflict = ask(site, RequestBuilder("GET", "/teapot"));
  CHECK(conflict.status() == Status::conflict);
  CHECK(body_of(std::move(conflict)).find("twice the same") != std::string::npos);
  CHECK(services.logger().lines().empty());

  Response down = ask(site, RequestBuilder("GET", "/down"));
  CHECK(down.status() == Status::service_unavailable);
  CHECK(body_of(std::move(down)).find("secret") == std::string::npos);

  Response broken = ask(site, RequestBuilder("GET", "/broken"));
  CHECK(broken.status() == Status::internal_server_error);
  CHECK(body_of(std::move(broken)).find("secret") == std::string::npos);
  CHECK(ask(site, RequestBuilder("GET", "/odd")).status() == Status::internal_server_error);
  CHECK(ask(site, RequestBuilder("GET", "/no-error")).status() == Status::internal_server_error);

  CHECK(
      services.logger().lines() ==
      std::vector<std::string>{"error: handler answered with an error route=GET /down handler=it error=secret: db1",
                               "error: handler threw an exception route=GET /broken handler=it error=secret: key",
                               "error: handler threw something that is no std::exception route=GET /odd handler=it error=unknown",
                               "error: handler threw HttpError with a status that is no error route=GET /no-error handler=it error=fine"});
}

TEST_CASE("a lost connection is nobody's response: the awaitable throws it on, and nothing is logged") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route<Async>("GET /", [](auto&) -> Response { throw ConnectionLost("gone"); })), services);
  CHECK_THROWS_AS((void)ask(site, RequestBuilder("GET", "/")), ConnectionLost);
  CHECK(services.logger().lines().empty());
}

TEST_CASE("a site refuses patterns that are malformed or conflict, with the place of the route") {
  ropeway::testing::RecordingServices services;
  const auto build = [&](std::string first, std::string second) {
    RouteDefinition late = route(std::move(second));
    late.pointer = "/routes/1";
    const Site site(routes(route(std::move(first)), std::move(late)), services);
  };
  const auto pointer_of = [&](std::string first, std::string second) -> std::string {
    try {
      build(std::move(first), std::move(second));
    } catch (const ropeway::ConfigError& error) { return error.pointer(); }
    return "accepted";
  };
  CHECK(pointer_of("/a", "/b") == "accepted");
  CHECK(pointer_of("/a", "b") == "/routes/1");
  CHECK(pointer_of("/{", "/b") == "/routes/0");
  CHECK(pointer_of("/a", "/a") == "/routes/1");
}

TEST_CASE("an answer that is ready costs no allocation and no coroutine, from finding the route to the reply") {
  ropeway::testing::RecordingServices services;
  const Site site(routes(route("GET /plain/{id}", [](const Request& request) { return Response::text(request.param("id")); })), services);
  Request request = RequestBuilder("GET", "/plain/7");
  for (int round = 0; round < 3; ++round) {
    bool ready = false;
    std::size_t allocations = 0;
    {
      const ropeway::testing::AllocationCounter counter;
      const Site::Match match = site.find(request);
      const Reply reply = site.serve(request, match);
      ready = std::holds_alternative<Response>(reply);
      allocations = counter.count();
    }
    CHECK(ready);
    if (round > 0) CHECK(allocations == 0);  // the first round fills the free list of responses
  }
}

}  // namespace site_test
