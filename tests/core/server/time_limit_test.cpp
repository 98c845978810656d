// Less time for a handler than `timeouts.handler`, and for work that waits for a thread.

#include <doctest/doctest.h>

#include <future>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;

class Limiting final : public Middleware {
 public:
  explicit Limiting(milliseconds time) : time_(time) {}
  awaitable<Response> handle(Request& request, Next next) const override {
    request.limit_time(time_);
    co_return co_await next(request);
  }

 private:
  milliseconds time_;
};

routing::RouteDefinition limited(routing::RouteDefinition route, milliseconds time) {
  route.middlewares.push_back(std::make_shared<Limiting>(time));
  return route;
}

}  // namespace

TEST_CASE("a handler that has been given less time is answered for with 503, is told to stop, and the next request has its own time") {
  std::promise<void> stopped;
  std::promise<void> release;
  WorkerFixture fixture(
      routes(limited(blocking_route("GET /limited",
                                    [&, released = release.get_future().share()](const Request& request) {
                                      const std::stop_callback told(request.stop_token(), [&] { stopped.set_value(); });
                                      released.wait();
                                      return Response::text("too late\n");
                                    }),
                     milliseconds(50)),
             async_route("GET /deadline",
                         [](Request& request) -> awaitable<Response> {
                           request.limit_time(std::chrono::hours(24));  // gives no more than there was
                           const auto left = request.deadline().value() - std::chrono::steady_clock::now();
                           request.limit_time(std::chrono::seconds(20));
                           const auto less = request.deadline().value() - std::chrono::steady_clock::now();
                           co_return Response::text(
                               std::string(left > std::chrono::seconds(25) && left <= std::chrono::seconds(30) ? "30" : "?") +
                               (less > std::chrono::seconds(15) && less <= std::chrono::seconds(20) ? " 20" : " ?"));
                         })),
      1, [](WorkerOptions& options) { options.timeouts.handler = std::chrono::seconds(30); });
  auto client = fixture.connect();
  CHECK(client.get("/deadline").body == "30 20");
  CHECK(client.get("/deadline").body == "30 20");
  CHECK(client.get("/limited").status == 503);
  stopped.get_future().get();
  release.set_value();
  CHECK(fixture.connect().get("/deadline").body == "30 20");
}

TEST_CASE("the time that a request has been given begins again when content has been read") {
  WorkerFixture fixture(routes(async_route("POST /",
                                           [](Request& request) -> awaitable<Response> {
                                             request.limit_time(std::chrono::seconds(20));
                                             (void)co_await request.read_body();
                                             const auto left = request.deadline().value() - std::chrono::steady_clock::now();
                                             co_return Response::text(left <= std::chrono::seconds(20) ? "less" : "more");
                                           })),
                        1, [](WorkerOptions& options) { options.timeouts.handler = std::chrono::seconds(30); });
  auto client = fixture.connect();
  client.send("POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_response().status == 100);
  CHECK(client.exchange("hi").body == "less");
}

TEST_CASE("a request that waits for a thread for longer than blocking.wait is answered with 503 and Retry-After") {
  std::promise<void> begun;
  std::promise<void> release;
  WorkerFixture fixture(routes(blocking_route("GET /held",
                                              [&, released = release.get_future().share()](const Request&) {
                                                begun.set_value();
                                                released.wait();
                                                return Response::text("held\n");
                                              }),
                               blocking_route("GET /quick", [](const Request&) { return Response::text("quick\n"); })),
                        1, [](WorkerOptions& options) { options.blocking = {1, 1, milliseconds(50)}; });
  auto first = fixture.connect();
  first.send("GET /held HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  auto second = fixture.connect();
  const auto late = second.get("/quick");
  CHECK(late.status == 503);
  CHECK(late.field("Retry-After") == "1");
  CHECK(late.field("Connection") != "close");
  release.set_value();
  CHECK(first.read_response().body == "held\n");
  CHECK(second.get("/quick").body == "quick\n");
}

}  // namespace ropeway::server
