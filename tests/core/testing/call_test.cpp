#include <ropeway/testing/call.hpp>

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

namespace call_test {
using ropeway::awaitable;
using ropeway::Request;
using ropeway::Response;
using ropeway::Status;
using ropeway::testing::body_of;
using ropeway::testing::call;
using ropeway::testing::RequestBuilder;

namespace {

struct Hello final : ropeway::Handler {
  Response handle(const Request& request) const override {
    if (request.param("name").empty()) throw ropeway::HttpError(Status::bad_request, "who?");
    return Response::text("Hello, " + std::string(request.param("name")) + "!");
  }
};
struct Reverse final : ropeway::BlockingHandler {
  Response handle(const Request& request) const override {
    return Response::text(std::string(request.body().rbegin(), request.body().rend()));
  }
};
struct Pieces final : ropeway::AsyncHandler {
  awaitable<Response> handle(Request& request) const override {
    std::string text = "before:" + std::string(request.body());
    if (ropeway::BodyReader* reader = request.body_reader()) {
      for (std::string_view piece = co_await reader->read(); !piece.empty(); piece = co_await reader->read()) {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        text += '[' + std::string(piece) + ']';
      }
    }
    co_return Response::text(std::move(text));
  }
};
struct Losing final : ropeway::AsyncHandler {
  awaitable<Response> handle(Request&) const override {
    throw std::runtime_error("no luck");
    co_return Response();
  }
};
struct Stamp final : ropeway::Middleware {
  awaitable<Response> handle(Request& request, ropeway::Next next) const override {
    co_return (co_await next(request)).header("X-Stamp", request.path());
  }
};

}  // namespace

TEST_CASE("a handler of each kind is called without a server") {
  CHECK(body_of(call(Hello(), RequestBuilder("GET", "/").param("name", "Ada"))) == "Hello, Ada!");
  CHECK(body_of(call(Reverse(), RequestBuilder("POST", "/").body("abc"))) == "cba");
  CHECK(body_of(call(Pieces(), RequestBuilder("POST", "/").body("abcde"))) == "before:[abc][de]");
  CHECK(body_of(call(Pieces(), RequestBuilder("GET", "/"))) == "before:");
}

TEST_CASE("what a called handler throws becomes a response, as in the server") {
  Response refused = call(Hello(), RequestBuilder("GET", "/"));
  CHECK(refused.status() == Status::bad_request);
  CHECK(body_of(std::move(refused)).find("who?") != std::string::npos);
  CHECK(call(Losing(), RequestBuilder("GET", "/")).status() == Status::internal_server_error);
}

TEST_CASE("a middleware is called in front of a handler") {
  Response response = call(Stamp(), Hello(), RequestBuilder("GET", "/a%20b").param("name", "Ada"));
  CHECK(std::string(response.headers().find("X-Stamp").value_or("none")) == "/a b");
  CHECK(body_of(std::move(response)) == "Hello, Ada!");
  CHECK(call(Stamp(), Hello(), RequestBuilder("GET", "/")).status() == Status::bad_request);
}

}  // namespace call_test
