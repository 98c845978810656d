#include <ropeway/event_stream.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/testing/call.hpp>

#include "tests/core/server/worker_fixture.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;

awaitable<void> wait_for_ever() {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

struct Flag {
  std::promise<void>& promise;
  ~Flag() { promise.set_value(); }
};

constexpr std::string_view get_events = "GET /events HTTP/1.1\r\nHost: t\r\n\r\n";

std::string read_until(testing::RawClient& client, std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) text += client.read_bytes(1);
  return text;
}

}  // namespace

TEST_CASE("events are written as browsers read them, whatever lines their data has") {
  const Response response = event_stream(testing::RequestBuilder("GET", "/").header("Last-Event-ID", "41").build(),
                                         [](EventStream&) -> awaitable<void> { co_return; });
  CHECK(response.headers().find("Content-Type") == "text/event-stream");
  CHECK(response.headers().find("Cache-Control") == "no-store");
  const auto source = [](EventStream& events) -> awaitable<void> {
    co_await events.send(events.last_event_id());
    co_await events.send({"one\ntwo\r\nthree\rfour\n", "news", "42", milliseconds(2500)});
    co_await events.send("");
  };
  CHECK(testing::body_of(event_stream(testing::RequestBuilder("GET", "/").header("Last-Event-ID", "41").build(), source)) ==
        "data: 41\n\n"
        "event: news\nid: 42\nretry: 2500\ndata: one\ndata: two\ndata: three\ndata: four\ndata: \n\n"
        "data: \n\n");
  for (const ServerEvent& bad :
       {ServerEvent{"x", "a\nb", {}, {}}, ServerEvent{"x", {}, "a\rdata: b", {}}, ServerEvent{"x", {}, {"a\0b", 3}, {}}}) {
    CHECK_THROWS_AS((void)testing::body_of(event_stream(testing::RequestBuilder("GET", "/").build(),
                                                        [bad](EventStream& events) -> awaitable<void> { co_await events.send(bad); })),
                    std::invalid_argument);
  }
}

TEST_CASE("comments keep a silent stream alive, and the source need not do anything for it") {
  for (const unsigned threads : {1U, 3U}) {
    CAPTURE(threads);
    std::promise<void> ended;
    {
      WorkerFixture fixture(routes(route("GET /events",
                                         [&](const Request& request) {
                                           return event_stream(request,
                                                               [&](EventStream& events) -> awaitable<void> {
                                                                 const Flag flag{ended};
                                                                 co_await events.send("first");
                                                                 co_await wait_for_ever();
                                                               },
                                                               {.heartbeat = milliseconds(20)});
                                         })),
                            threads);
      auto client = fixture.connect();
      client.send(get_events);
      CHECK(read_until(client, "data: first\n\n\r\n").starts_with("HTTP/1.1 200"));
      for (int i = 0; i < 3; ++i) CHECK(read_until(client, ":\n\n\r\n") == "3\r\n:\n\n\r\n");
      client.reset();
      // The source is cancelled where it waits.
      CHECK(ended.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    }
  }
}

TEST_CASE("a source that is never silent writes no comments, and its events come whole beside its own pace") {
  WorkerFixture fixture(routes(route("GET /events",
                                     [](const Request& request) {
                                       return event_stream(request,
                                                           [](EventStream& events) -> awaitable<void> {
                                                             const std::string large(50'000, 'x');
                                                             for (int i = 0; i < 100; ++i) co_await events.send(large);
                                                           },
                                                           {.heartbeat = milliseconds(1)});
                                     })),
                        3);
  auto client = fixture.connect();
  const auto response = client.exchange(get_events);
  std::string text = response.body;
  for (std::size_t at = text.find(":\n\n"); at != std::string::npos; at = text.find(":\n\n", at)) text.erase(at, 3);
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += "data: " + std::string(50'000, 'x') + "\n\n";
  CHECK(text == expected);
}

TEST_CASE("a worker that ends, ends its event streams in order, at once, wherever their sources wait") {
  std::promise<void> begun;
  std::promise<void> ended;
  WorkerFixture fixture(routes(route("GET /events",
                                     [&](const Request& request) {
                                       return event_stream(request, [&](EventStream& events) -> awaitable<void> {
                                         const Flag flag{ended};
                                         co_await events.send("first");
                                         begun.set_value();
                                         co_await wait_for_ever();
                                       });
                                     })),
                        2);
  auto client = fixture.connect();
  client.send(get_events);
  begun.get_future().get();
  const auto before = std::chrono::steady_clock::now();
  fixture.worker().drain(true, {});
  CHECK(client.read_response().body == "data: first\n\n");  // with its last chunk
  ended.get_future().get();
  CHECK(fixture.wait_for_end());
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}

TEST_CASE("a source that fails ends the stream unfinished, so that nobody takes it for whole") {
  WorkerFixture fixture(routes(route("GET /events", [](const Request& request) {
    return event_stream(request, [](EventStream& events) -> awaitable<void> {
      co_await events.send("first");
      throw std::runtime_error("broken");
    });
  })));
  auto client = fixture.connect();
  client.send(get_events);
  const std::string all = client.read_until_close();
  CHECK(all.find("data: first") != std::string::npos);
  CHECK_FALSE(all.ends_with("0\r\n\r\n"));
}

TEST_CASE("a server that is taken down around an open stream takes it down, too") {
  std::promise<void> begun;
  {
    WorkerFixture fixture(routes(route("GET /events", [&](const Request& request) {
      return event_stream(request, [&](EventStream& events) -> awaitable<void> {
        co_await events.send("first");
        begun.set_value();
        co_await wait_for_ever();
      });
    })));
    auto client = fixture.connect();
    client.send(get_events);
    begun.get_future().get();
    fixture.worker().stop();
  }
  CHECK(true);  // under the sanitizers, nothing was lost or used after its end
}

}  // namespace ropeway::server
