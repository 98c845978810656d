#include <ropeway/attributes.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <ropeway/testing/call.hpp>

#include "core/src/http/request_access.hpp"
#include "core/src/http/request_head.hpp"

namespace ropeway {
namespace {

struct User {
  std::string name;
};
struct Unknown {};

}  // namespace

TEST_CASE("attributes are found by their type, replaced, and stay where they are while others come") {
  Attributes attributes;
  CHECK(attributes.empty());
  CHECK(attributes.get<User>() == nullptr);
  User& user = attributes.set(User{"Ann"});
  for (int i = 0; i < 2; ++i) {
    attributes.set(7);
    attributes.set(std::string("seven"));
    attributes.set(std::make_unique<int>(8));
    attributes.set(8L);
  }
  CHECK(attributes.get<User>() == &user);
  CHECK(*attributes.get<int>() == 7);
  attributes.set(User{"Bob"});
  CHECK(attributes.require<User>().name == "Bob");
  attributes.get<User>()->name = "Cem";
  CHECK(std::as_const(attributes).get<User>()->name == "Cem");
  CHECK_THROWS_WITH_AS(
      (void)attributes.require<Unknown>(),
      "the request has no attribute of the type ropeway::(anonymous namespace)::Unknown: put the middleware that sets it in "
      "front of this route",
      std::logic_error);
}

TEST_CASE("what a middleware attaches reaches the handler, and ends with the request") {
  struct Login final : Middleware {
    std::shared_ptr<int> alive = std::make_shared<int>(0);
    awaitable<Response> handle(Request& request, Next next) const override {
      request.attributes().set(User{"Ann"});
      request.attributes().set(alive);
      co_return co_await next(request);
    }
  } login;
  struct Greet final : Handler {
    Response handle(const Request& request) const override { return Response::text(request.attributes().require<User>().name); }
  } greet;
  CHECK(testing::body_of(testing::call(login, greet, testing::RequestBuilder("GET", "/").build())) == "Ann");
  CHECK(login.alive.use_count() == 1);
  CHECK(testing::call(greet, testing::RequestBuilder("GET", "/").build()).status() == Status::internal_server_error);
}

TEST_CASE("a request that is used again has none of the attributes of the one before") {
  Request request;
  const auto alive = std::make_shared<int>(0);
  CHECK(std::as_const(request).attributes().empty());
  request.attributes().set(alive);
  http::RequestHead head;
  RequestAccess::recycle(request, head);
  CHECK(alive.use_count() == 1);
  CHECK(std::as_const(request).attributes().empty());
}

}  // namespace ropeway
