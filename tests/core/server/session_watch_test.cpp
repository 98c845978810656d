// Handlers that want to know when to stop.

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <stop_token>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds patience(20);

// Blocks a thread of the pool until it is asked to stop, and tells whether it was.
struct Watched {
  std::promise<void> begun;
  std::promise<bool> stopped;
  void wait(const std::stop_token& token) {
    begun.set_value();
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    (void)condition.wait_for(lock, token, patience, [] { return false; });
    stopped.set_value(token.stop_requested());
  }
};

awaitable<void> pause(milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

TEST_CASE("a blocking handler is asked to stop when its client has closed, or was reset") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Watched watched;
    WorkerFixture fixture(routes(blocking_route("GET /", [&](const Request& request) {
      watched.wait(request.stop_token());
      return Response::text("nobody reads this");
    })));
    {
      auto client = fixture.connect();
      client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
      watched.begun.get_future().get();
      if (reset) client.reset();
    }
    CHECK(watched.stopped.get_future().get());
  }
}

TEST_CASE("a client that has only ended its sending side still gets its answer, and nobody is asked to stop") {
  std::promise<void> begun;
  std::optional<bool> stopped;
  WorkerFixture fixture(routes(async_route("GET /", [&](Request& request) -> awaitable<Response> {
    const std::stop_token token = request.stop_token();
    begun.set_value();
    co_await pause(milliseconds(1200));  // some sweeps
    stopped = token.stop_requested();
    co_return Response::text("late");
  })));
  auto client = fixture.connect();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  client.half_close();
  auto response = client.read_response();
  while (response.status == 100) response = client.read_response();
  CHECK(response.status == 200);
  CHECK(response.body == "late");
  CHECK(stopped == false);
}

TEST_CASE("a handler that is late is asked to stop when the server answers in its place, and could have known when") {
  Watched watched;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  WorkerFixture fixture(routes(blocking_route("GET /",
                                              [&](const Request& request) {
                                                deadline = request.deadline();
                                                watched.wait(request.stop_token());
                                                return Response::text("too late");
                                              }),
                               route("GET /now", [](const Request& request) { return Response::text(request.deadline() ? "yes" : "no"); })),
                        1, [](WorkerOptions& options) { options.timeouts.handler = milliseconds(600); });
  auto client = fixture.connect();
  CHECK(client.get("/now").body == "no");
  const auto begun = std::chrono::steady_clock::now();
  CHECK(client.get("/").status == 503);
  CHECK(watched.stopped.get_future().get());
  REQUIRE(deadline);
  CHECK(*deadline > begun);
  CHECK(*deadline <= std::chrono::steady_clock::now());
}

TEST_CASE("a token of one request says nothing of the next one on the connection") {
  std::stop_token first;
  WorkerFixture fixture(routes(async_route("GET /{n}", [&](Request& request) -> awaitable<Response> {
    const std::stop_token token = request.stop_token();
    if (request.param("n") == "1") first = token;
    co_await pause(milliseconds(1));
    co_return Response::text(token.stop_requested() ? "stopped" : first == token ? "the same" : "another");
  })));
  auto client = fixture.connect();
  CHECK(client.get("/1").body == "the same");
  CHECK(client.get("/2").body == "another");
}

TEST_CASE("a stream without an end is asked to stop when the worker ends, and ends in order") {
  std::promise<void> begun;
  WorkerFixture fixture(routes(route("GET /", [&](const Request&) {
    return Response::stream("text/plain", [&](BodyWriter& out) -> awaitable<void> {
      const std::stop_token token = out.stop_token();
      co_await out.write("begun");
      begun.set_value();
      while (!token.stop_requested()) co_await pause(milliseconds(5));
      co_await out.write(", ended");
    });
  })));
  auto client = fixture.connect();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  fixture.worker().drain(true, {});
  CHECK(client.read_response().body == "begun, ended");
  CHECK(fixture.wait_for_end());
}

TEST_CASE("a stream is asked to stop when its client was reset, also where it writes nothing") {
  std::promise<void> begun;
  std::promise<void> stopped;
  WorkerFixture fixture(routes(route("GET /", [&](const Request&) {
    return Response::stream("text/plain", [&](BodyWriter& out) -> awaitable<void> {
      const std::stop_token token = out.stop_token();
      co_await out.write("begun");
      begun.set_value();
      while (!token.stop_requested()) co_await pause(milliseconds(5));
      stopped.set_value();
    });
  })));
  auto client = fixture.connect();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  client.reset();
  CHECK(stopped.get_future().wait_for(patience) == std::future_status::ready);
}

}  // namespace ropeway::server
