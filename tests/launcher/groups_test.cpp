// Groups of routes and URLs by name, in a whole server.

#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include <ropeway/ropeway.hpp>
#include <ropeway/testing/client.hpp>

namespace ropeway::testing {
namespace {

class Counted final : public Middleware {
 public:
  awaitable<Response> handle(Request& request, Next next) const override {
    const int number = ++seen_;
    Response response = co_await next(request);
    co_return std::move(response).header("X-Seen", std::to_string(number));
  }

 private:
  mutable std::atomic<int> seen_{0};
};

class Link final : public Handler {
 public:
  explicit Link(Services& services) : services_(services) {}
  Response handle(const Request& request) const override {
    return Response::text(services_.url("user", {{"id", request.param("id")}, {"from", request.path()}}));
  }

 private:
  Services& services_;
};

class Early final : public Handler {
 public:
  explicit Early(Services& services) : url_(services.url("user", {{"id", 1}})) {}
  Response handle(const Request&) const override { return Response::text(url_); }

 private:
  std::string url_;
};

void register_handlers(Registry& registry) {
  registry.handler<Link>("link");
  registry.handler<Early>("early");
  registry.middleware<Counted>("counted");
}

TEST_CASE("a group's routes have its prefix, share its middlewares, and are found by name") {
  Client client(R"({
    "groups": [{
      "prefix": "/api/v1",
      "middlewares": ["counted"],
      "routes": [
        {"match": "GET /users/{id}", "handler": "link", "name": "user"},
        {"match": "GET /people/{id}", "handler": "link"}
      ]
    }],
    "routes": [{"match": "GET /{id}", "handler": "link", "middlewares": ["counted"]}]
  })",
                register_handlers);
  CHECK(client.get("/api/v1/users/7").body == "/api/v1/users/7?from=%2Fapi%2Fv1%2Fusers%2F7");
  CHECK(client.get("/api/v1/people/a%20b").headers.find("X-Seen") == "2");
  CHECK(client.get("/api/v1/people/a%20b").body.starts_with("/api/v1/users/a%20b?"));
  CHECK(client.get("/x").headers.find("X-Seen") == "1");
  CHECK(client.get("/api/v1/users/").status == Status::not_found);
  CHECK(client.request("POST", "/api/v1/users/7").headers.find("Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("a URL of a name that no route has is an error of the handler's, and constructors cannot ask for any") {
  Client client(R"({"routes": [{"match": "/{id}", "handler": "link"}]})", register_handlers);
  CHECK(client.get("/x").status == Status::internal_server_error);
  CHECK_THROWS_WITH(Client(R"({"routes": [{"match": "/", "handler": "early", "name": "user"}]})", register_handlers),
                    doctest::Contains("there are no URLs before all handlers are constructed"));
}

}  // namespace
}  // namespace ropeway::testing
