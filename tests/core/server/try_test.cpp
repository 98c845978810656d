// Several handlers of one route, of which the first that has an answer gives it.

#include <doctest/doctest.h>

#include <functional>

#include <ropeway/function_handler.hpp>
#include <ropeway/http_error.hpp>

#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server::try_test {
namespace {

template <class F>
routing::NamedHandler handler(std::string name, F function) {
  if constexpr (HandlerFunction<F>) {
    return {std::move(name), std::make_unique<FunctionHandler<Handler, F>>(std::move(function))};
  } else {
    return {std::move(name), std::make_unique<FunctionAsyncHandler<F>>(std::move(function))};
  }
}

template <class... Named>
std::vector<routing::RouteDefinition> trying(Named... named) {
  routing::RouteDefinition definition;
  definition.match = "/";
  definition.name = "several";
  (definition.tried.push_back(std::move(named)), ...);
  return routes(std::move(definition));
}

/// Has no use for content.
class Lookup final : public Handler {
 public:
  bool uses_body() const noexcept override { return false; }
  Response handle(const Request& request) const override {
    if (request.method() != Method::get) return Response::error(Status::method_not_allowed).header("Allow", "GET");
    return request.path() == "/known" ? Response::text("found\n") : Response::error(Status::not_found);
  }
};

std::string post(const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Response echo(const Request& request) { return Response::text(std::string(request.method_name()) + " " + std::string(request.body())); }

}  // namespace

TEST_CASE("the first handler with an answer gives it, and the last whatever it says") {
  struct Case {
    int first;
    int second;
    int status;
    const char* by;
  };
  for (const Case& one :
       {Case{200, 200, 200, "first"}, Case{404, 200, 200, "second"}, Case{405, 200, 200, "second"}, Case{404, 404, 404, "second"},
        Case{405, 404, 404, "second"}, Case{404, 405, 404, "first"}, Case{405, 405, 405, "second"}, Case{403, 200, 403, "first"},
        Case{410, 200, 410, "first"}, Case{304, 200, 304, "first"}, Case{416, 200, 416, "first"}, Case{301, 200, 301, "first"},
        Case{500, 200, 500, "first"}}) {
    CAPTURE(one.first);
    CAPTURE(one.second);
    const auto answering = [](int status, const char* name) {
      return handler(name, [status, name](const Request&) { return Response(static_cast<Status>(status)).header("By", name); });
    };
    WorkerFixture fixture(trying(answering(one.first, "first"), answering(one.second, "second")));
    auto client = fixture.connect();
    for (int i = 0; i < 2; ++i) {
      const auto response = client.get("/");
      CHECK(response.status == one.status);
      CHECK(response.field("By") == one.by);
    }
  }
}

TEST_CASE("what a handler throws is its answer, and 404 by HttpError is none") {
  WorkerFixture fixture(trying(handler("first",
                                       [](const Request& request) -> Response {
                                         if (request.path() == "/bug") throw std::runtime_error("a bug");
                                         throw HttpError(Status::not_found, "Not here.");
                                       }),
                               handler("second", [](const Request&) { return Response::text("second\n"); })));
  auto client = fixture.connect();
  CHECK(client.get("/").body == "second\n");
  CHECK(client.get("/bug").status == 500);
}

TEST_CASE("content reaches the handler that answers, whoever was asked before") {
  const auto not_here = [](const Request&) { return Response::error(Status::not_found); };
  const std::string large(200'000, 'x');
  WorkerFixture fixture(trying(routing::NamedHandler{"lookup", std::make_unique<Lookup>()}, handler("blind", not_here),
                               handler("whole",
                                       [](Request& request) -> awaitable<Response> {
                                         (void)co_await request.read_body();
                                         co_return Response::error(Status::not_found);
                                       }),
                               handler("echo", echo)));
  auto client = fixture.connect();
  CHECK(client.exchange(post("hello")).body == "POST hello");
  CHECK(client.exchange(post(large)).body == "POST " + large);
  CHECK(client.get("/known").body == "found\n");
  CHECK(client.get("/other").body == "GET ");
}

TEST_CASE("a handler that has read a part of the content has taken the request") {
  WorkerFixture fixture(trying(handler("first",
                                       [](Request& request) -> awaitable<Response> {
                                         if (request.path() == "/untouched") co_return Response::error(Status::not_found);
                                         (void)co_await request.body_reader()->read();
                                         co_return Response::error(Status::not_found, "Half of it is gone.");
                                       }),
                               handler("echo", echo)));
  auto client = fixture.connect();
  const auto response = client.exchange(post("hello"));
  CHECK(response.status == 404);
  CHECK(response.body.find("Half of it is gone.") != std::string::npos);
  auto second = fixture.connect();
  CHECK(second.exchange("POST /untouched HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi").body == "POST hi");
}

TEST_CASE("a stream that is the answer may read the content when the search is over") {
  WorkerFixture fixture(trying(handler("first",
                                       [](Request& request) -> awaitable<Response> {
                                         BodyReader* reader = request.body_reader();
                                         co_return Response::stream("text/plain", [reader](BodyWriter& writer) -> awaitable<void> {
                                           for (;;) {
                                             const std::string_view piece = co_await reader->read();
                                             if (piece.empty()) co_return;
                                             co_await writer.write(piece);
                                           }
                                         });
                                       }),
                               handler("echo", echo)));
  auto client = fixture.connect();
  CHECK(client.exchange(post("hello")).body == "hello");
}

TEST_CASE("content that nobody of several has use for is dropped, and the connection goes on") {
  WorkerFixture fixture(
      trying(routing::NamedHandler{"one", std::make_unique<Lookup>()}, routing::NamedHandler{"two", std::make_unique<Lookup>()}));
  auto client = fixture.connect();
  CHECK(client.exchange(post(std::string(100'000, 'x'))).status == 405);
  CHECK(client.get("/known").body == "found\n");
}

}  // namespace ropeway::server::try_test
