#include "core/src/server/session.hpp"

#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <future>
#include <optional>
#include <semaphore>
#include <sstream>
#include <thread>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "tests/core/server/worker_fixture.hpp"
#include "tests/support/allocation_counter.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view get_hello = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";

routing::RouteDefinition hello() {
  return route("GET /hello", [](const Request&) { return Response::text("Hello, World!\n"); });
}

// Answers with the request's body, read piece by piece.
routing::RouteDefinition echo() {
  return async_route("POST /echo", [](Request& request) -> awaitable<Response> {
    std::string body;
    if (BodyReader* reader = request.body_reader()) {
      for (;;) {
        const std::string_view piece = co_await reader->read();
        if (piece.empty()) break;
        body += piece;
      }
    }
    co_return Response::text(std::move(body));
  });
}

routing::RouteDefinition pause() {
  return async_route("GET /pause", [](Request&) -> awaitable<Response> {
    asio::steady_timer timer(co_await asio::this_coro::executor, milliseconds(20));
    co_await timer.async_wait(asio::use_awaitable);
    co_return Response::text("paused\n");
  });
}

TEST_CASE("a connection is kept alive, and each request on it is answered") {
  for (const unsigned threads : {1U, 3U}) {
    WorkerFixture fixture(routes(hello()), threads);
    auto client = fixture.connect();
    for (int i = 0; i < 50; ++i) {
      const auto response = client.exchange(get_hello);
      CHECK(response.status == 200);
      CHECK(response.body == "Hello, World!\n");
      CHECK(response.has("Date"));
      CHECK(response.field("Server") == "ropeway");
    }
  }
}

TEST_CASE("pipelined requests are answered in their order, whatever kind of handler each has") {
  for (const unsigned threads : {1U, 3U}) {
    WorkerFixture fixture(
        routes(hello(), pause(), echo(), blocking_route("GET /slow", [](const Request&) { return Response::text("slow\n"); })), threads);
    auto client = fixture.connect();
    std::string requests;
    for (int i = 0; i < 20; ++i) {
      requests += "GET /pause HTTP/1.1\r\nHost: t\r\n\r\n";
      requests += get_hello;
      requests += "GET /slow HTTP/1.1\r\nHost: t\r\n\r\n";
      requests += "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody";
    }
    client.send(requests);
    for (int i = 0; i < 20; ++i) {
      CHECK(client.read_response().body == "paused\n");
      CHECK(client.read_response().body == "Hello, World!\n");
      CHECK(client.read_response().body == "slow\n");
      CHECK(client.read_response().body == "body");
    }
  }
}

TEST_CASE("a handler that says of a request that it blocks is run on the pool for that one") {
  class Sometimes final : public Handler {
   public:
    bool blocks(const Request& request) const override { return request.path() == "/slow"; }
    Response handle(const Request&) const override {
      std::ostringstream id;
      id << std::this_thread::get_id();
      return Response::text(id.str());
    }
  };
  routing::RouteDefinition definition;
  definition.match = "/";
  definition.name = "sometimes";
  definition.handler = std::make_unique<Sometimes>();
  WorkerFixture fixture(routes(std::move(definition)));
  auto client = fixture.connect();
  const std::string io_thread = client.get("/quick").body;
  CHECK(client.get("/quick").body == io_thread);
  CHECK(client.get("/slow").body != io_thread);
}

TEST_CASE("a client that pipelines many requests does not make others wait for all of them") {
  std::promise<void> others_wait;
  std::atomic<int> served{0};
  WorkerFixture fixture(routes(route("GET /first",
                                     [&](const Request&) {
                                       others_wait.get_future().wait();
                                       return Response::text("first\n");
                                     }),
                               route("GET /costly",
                                     [&](const Request&) {
                                       const auto end = std::chrono::steady_clock::now() + milliseconds(1);
                                       while (std::chrono::steady_clock::now() < end) {}
                                       ++served;
                                       return Response::text("costly\n");
                                     }),
                               route("GET /served", [&](const Request&) { return Response::text(std::to_string(served)); })));
  auto other = fixture.connect();
  CHECK(other.get("/served").body == "0");  // it is accepted
  auto greedy = fixture.connect();
  std::string requests = "GET /first HTTP/1.1\r\nHost: t\r\n\r\n";
  for (int i = 0; i < 200; ++i) requests += "GET /costly HTTP/1.1\r\nHost: t\r\n\r\n";
  greedy.send(requests);
  other.send("GET /served HTTP/1.1\r\nHost: t\r\n\r\n");
  others_wait.set_value();
  CHECK(std::stoi(other.read_response().body) < 100);
  CHECK(greedy.read_response().body == "first\n");
  for (int i = 0; i < 200; ++i) CHECK(greedy.read_response().body == "costly\n");
}

TEST_CASE("a coroutine reads a body of any size as it arrives, framed by length or chunked") {
  WorkerFixture fixture(routes(echo()), 2);
  auto client = fixture.connect();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{15'000}, std::size_t{70'000}, std::size_t{3'000'000}}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; i += 7) body[i] = static_cast<char>('a' + i % 26);
    CHECK(client.exchange("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body).body == body);
    std::string chunked = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < size; at += 40'000) {
      const std::string_view piece = std::string_view(body).substr(at, 40'000);
      std::array<char, 16> length{};
      const auto end = std::to_chars(length.data(), length.data() + length.size(), piece.size(), 16).ptr;
      chunked.append(length.data(), end).append("\r\n").append(piece).append("\r\n");
    }
    CHECK(client.exchange(chunked + "0\r\n\r\n").body == body);
  }
}

TEST_CASE("a plain handler gets the whole body, however it is cut up on the way") {
  WorkerFixture fixture(routes(route("POST /size", [](const Request& request) {
    return Response::text(std::to_string(request.body().size()) + " " + std::string(request.body().substr(0, 5)));
  })));
  auto client = fixture.connect();
  const std::string body = "0123456789" + std::string(50'000, 'x');
  const std::string request = "POST /size HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  CHECK(client.exchange(request).body == "50010 01234");
  for (std::size_t at = 0; at < request.size(); at += 9'973) client.send(std::string_view(request).substr(at, 9'973));
  CHECK(client.read_response().body == "50010 01234");
}

TEST_CASE("100 Continue is sent where the body is wanted, and not where it is not") {
  WorkerFixture fixture(routes(echo(), route("POST /plain", [](const Request& request) { return Response::text(request.body()); })));
  for (const std::string_view path : {"/echo", "/plain"}) {
    auto client = fixture.connect();
    client.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read_response().status == 100);
    CHECK(client.exchange("ok").body == "ok");
  }
  auto client = fixture.connect();
  client.send("POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_response().status == 404);
}

TEST_CASE("a streamed body reaches a slow client whole, and the writer waits for it") {
  std::atomic<std::size_t> written{0};
  WorkerFixture fixture(routes(route("GET /stream",
                                     [&written](const Request&) {
                                       return Response::stream("text/plain", [&written](BodyWriter& out) -> awaitable<void> {
                                         const std::string piece(64 * 1024, 's');
                                         for (int i = 0; i < 400; ++i) {
                                           co_await out.write(piece);
                                           written += piece.size();
                                         }
                                       });
                                     })),
                        2);
  auto client = fixture.connect();
  client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\nGET /stream HTTP/1.0\r\n\r\n");
  (void)client.read_bytes(1000);
  CHECK(written < 400 * 64 * 1024);  // the kernel's buffers and ours are far smaller than the body
  std::size_t received = 1000;
  const std::string rest = client.read_until_close();
  received += rest.size();
  CHECK(received > 2 * 400 * 64 * 1024);
  CHECK(written == 2 * 400 * 64 * 1024);
  CHECK(rest.find("\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);  // the first was chunked, the second ends with the connection
}

TEST_CASE("trailer fields follow a chunked body for a client that wants them, and only those that may (RFC 9110 §6.5)") {
  WorkerFixture fixture(routes(route("GET /sum", [](const Request&) {
    return Response::stream("text/plain",
                            [](BodyWriter& out) -> awaitable<void> {
                              co_await out.write("abc");
                              out.trailers().add("X-Sum", "294");
                              out.trailers().add("Content-Length", "99");
                              out.trailers().add("set-cookie", "a=b");
                            })
        .header("Trailer", "X-Sum");
  })));
  const std::string head = "GET /sum HTTP/1.1\r\nHost: t\r\nConnection: close\r\n";
  for (const std::string_view te : {"TE: trailers\r\n", "TE: gzip;q=0.5, Trailers\r\n"}) {
    auto client = fixture.connect();
    client.send(head + std::string(te) + "\r\n");
    CHECK(client.read_until_close().ends_with("\r\n3\r\nabc\r\n0\r\nX-Sum: 294\r\n\r\n"));
  }
  for (const std::string_view te : {"", "TE: gzip\r\n", "TE: x-trailers\r\n"}) {
    auto client = fixture.connect();
    client.send(head + std::string(te) + "\r\n");
    CHECK(client.read_until_close().ends_with("\r\n3\r\nabc\r\n0\r\n\r\n"));
  }
  auto old = fixture.connect();
  old.send("GET /sum HTTP/1.0\r\nTE: trailers\r\n\r\n");
  CHECK(old.read_until_close().ends_with("\r\n\r\nabc"));
}

TEST_CASE("early hints come before the answer, for HTTP/1.1 alone (RFC 8297)") {
  WorkerFixture fixture(routes(async_route("POST /page", [](Request& request) -> awaitable<Response> {
    Headers hints;
    hints.add("Link", "</style.css>; rel=preload; as=style");
    co_await request.early_hints(hints);
    const std::string body(co_await request.read_body());
    co_await request.early_hints(hints);
    co_return Response::text("page " + body);
  })));
  auto client = fixture.connect();
  client.send("POST /page HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    const auto hints = client.read_response();  // the first, before the body has come
    CHECK(hints.status == 103);
    CHECK(hints.field("Link") == "</style.css>; rel=preload; as=style");
    if (i == 0) client.send("body");
  }
  CHECK(client.read_response().body == "page body");
  auto old = fixture.connect();
  CHECK(old.exchange("POST /page HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody").body == "page body");
}

TEST_CASE("a stream that fails leaves its body unfinished, and the server goes on") {
  WorkerFixture fixture(routes(hello(), route("GET /broken", [](const Request&) {
                                 return Response::stream("text/plain", [](BodyWriter& out) -> awaitable<void> {
                                   co_await out.write("begun");
                                   throw std::runtime_error("the source has dried up");
                                 });
                               })));
  auto client = fixture.connect();
  client.send("GET /broken HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string all = client.read_until_close();
  CHECK(all.find("begun") != std::string::npos);
  CHECK(all.find("\r\n0\r\n") == std::string::npos);
  CHECK(fixture.connect().exchange(get_hello).status == 200);
}

TEST_CASE("a client that goes away in the middle of a stream ends it") {
  std::promise<bool> ended;
  WorkerFixture fixture(routes(route("GET /endless", [&ended](const Request&) {
    return Response::stream("text/plain", [&ended](BodyWriter& out) -> awaitable<void> {
      try {
        for (;;) co_await out.write(std::string(10'000, 'e'));
      } catch (const ConnectionLost&) {
        ended.set_value(true);
        throw;
      }
    });
  })));
  auto client = fixture.connect();
  client.send("GET /endless HTTP/1.1\r\nHost: t\r\n\r\n");
  (void)client.read_bytes(5000);
  client.reset();
  CHECK(ended.get_future().get());
}

TEST_CASE("a half-closed client gets its answers, and then the end of the connection") {
  for (const unsigned threads : {1U, 3U}) {
    WorkerFixture fixture(routes(hello(), pause()), threads);
    for (const std::string_view path : {"/hello", "/pause"}) {
      auto client = fixture.connect();
      client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: t\r\n\r\n");
      client.half_close();
      CHECK(client.read_response().status == 200);
      CHECK(client.read_until_close().empty());
    }
    auto client = fixture.connect();  // not with the first request, but with a later one
    CHECK(client.exchange(get_hello).status == 200);
    client.send(get_hello);
    client.half_close();
    CHECK(client.read_response().status == 200);
    CHECK(client.read_until_close().empty());
  }
}

TEST_CASE("a coroutine that takes longer than timeouts.handler is answered for with 503, and its end harms nobody") {
  std::promise<void> release;
  std::promise<void> finished;
  WorkerFixture fixture(routes(hello(), blocking_route("GET /stuck/{name}",
                                                       [released = release.get_future().share(), &finished](const Request& request) {
                                                         released.wait();
                                                         Response response =
                                                             Response::text(request.param("name"));  // the request is still whole
                                                         if (request.param("name") != "stuck-name")
                                                           throw std::logic_error("the request has changed");
                                                         finished.set_value();
                                                         return response;
                                                       })),
                        1, [](WorkerOptions& options) { options.timeouts.handler = milliseconds(50); });
  auto client = fixture.connect();
  const auto response = client.exchange("GET /stuck/stuck-name HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(response.status == 503);
  CHECK(response.field("Connection") == "close");
  CHECK(client.read_until_close().empty());
  for (int i = 0; i < 10; ++i) CHECK(fixture.connect().exchange(get_hello).status == 200);
  release.set_value();
  finished.get_future().get();
  CHECK(fixture.connect().exchange(get_hello).status == 200);
}

TEST_CASE("deadlines: a head or a body that does not arrive in time is answered with 408, an idle connection is closed") {
  WorkerFixture fixture(
      routes(hello(), echo(), route("POST /plain", [](const Request& request) { return Response::text(request.body()); })), 2,
      [](WorkerOptions& options) {
        options.timeouts.header = milliseconds(50);
        options.timeouts.idle = milliseconds(50);
        options.timeouts.body_grace = milliseconds(50);
      });
  SUBCASE("an unfinished head") {
    auto client = fixture.connect();
    client.send("GET /hello HTTP/1.1\r\nHos");
    CHECK(client.read_response().status == 408);
    client.half_close();
    CHECK(client.read_until_close().empty());
  }
  SUBCASE("a connection on which nothing was ever sent") { CHECK(fixture.connect().read_until_close().empty()); }
  SUBCASE("a connection between requests") {
    auto client = fixture.connect();
    CHECK(client.exchange(get_hello).status == 200);
    CHECK(client.read_until_close().empty());
  }
  SUBCASE("a body that stops, for a plain handler and for a coroutine") {
    for (const std::string_view path : {"/plain", "/echo"}) {
      auto client = fixture.connect();
      client.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n123");
      CHECK(client.read_response().status == 408);
      client.half_close();
      CHECK(client.read_until_close().empty());
    }
  }
}

TEST_CASE("the contents of all requests together take no more than limits.body_memory, and those that are done make room") {
  std::binary_semaphore begun{0};
  std::binary_semaphore release{0};
  const auto size = [](std::string_view body) { return Response::text(std::to_string(body.size())); };
  WorkerFixture fixture(
      routes(blocking_route("POST /held",
                            [&](const Request& request) {
                              begun.release();
                              release.acquire();
                              return size(request.body());
                            }),
             route("POST /plain", [size](const Request& request) { return size(request.body()); }),
             async_route("POST /async", [size](Request& request) -> awaitable<Response> { co_return size(co_await request.read_body()); })),
      1, [](WorkerOptions& options) { options.limits.body_memory = 1'000'000; });
  const auto post = [](const std::string& path) {
    return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: 900000\r\n\r\n" + std::string(900'000, 'b');
  };
  auto holding = fixture.connect();
  holding.send(post("/held"));
  begun.acquire();
  for (const std::string path : {"/plain", "/async"}) {
    CAPTURE(path);
    auto further = fixture.connect();
    (void)further.send_until_refused(post(path));
    const auto response = further.read_response();
    CHECK(response.status == 503);
    CHECK(response.field("Connection") == "close");
  }
  release.release();
  CHECK(holding.read_response().body == "900000");
  for (const std::string path : {"/plain", "/async"}) CHECK(holding.exchange(post(path)).body == "900000");
}

TEST_CASE("connections beyond limits.connections are told so with 503, and places that become free are used") {
  WorkerFixture fixture(routes(hello()), 1, [](WorkerOptions& options) { options.limits.connections = 2; });
  auto first = fixture.connect();
  CHECK(first.exchange(get_hello).status == 200);
  {
    auto second = fixture.connect();
    CHECK(second.exchange(get_hello).status == 200);
    auto third = fixture.connect();
    third.send(get_hello);
    const auto response = third.read_response();
    CHECK(response.status == 503);
    CHECK(response.field("Connection") == "close");
  }
  for (;;) {  // until the worker has noticed that they are gone
    auto again = fixture.connect();
    again.send(get_hello);
    if (again.read_response().status == 200) break;
  }
  CHECK(first.exchange(get_hello).status == 200);
}

TEST_CASE("a request that a worker which was held up finds together with the idle deadline is answered") {
  std::promise<void> begun;
  std::promise<void> never;
  WorkerFixture fixture(routes(hello(), route("GET /hold",
                                              [&begun, &never](const Request&) {
                                                begun.set_value();
                                                (void)never.get_future().wait_for(milliseconds(400));
                                                return Response::text("held\n");
                                              })),
                        1, [](WorkerOptions& options) { options.timeouts.idle = milliseconds(50); });
  auto client = fixture.connect();
  CHECK(client.exchange(get_hello).status == 200);
  auto other = fixture.connect();
  other.send("GET /hold HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  CHECK(client.exchange(get_hello).status == 200);
  CHECK(other.read_response().body == "held\n");
}

TEST_CASE("a draining worker closes idle connections, lets what runs finish, and says that all was answered") {
  std::promise<void> begun;
  std::promise<void> release;
  WorkerFixture fixture(routes(hello(), blocking_route("GET /work",
                                                       [&begun, released = release.get_future().share()](const Request&) {
                                                         begun.set_value();
                                                         released.wait();
                                                         return Response::text("done\n");
                                                       })),
                        2);
  auto idle = fixture.connect();
  CHECK(idle.exchange(get_hello).status == 200);
  auto busy = fixture.connect();
  busy.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().get();
  fixture.worker().drain();
  CHECK(idle.read_until_close().empty());
  release.set_value();
  const auto response = busy.read_response();
  CHECK(response.body == "done\n");
  CHECK(response.field("Connection") == "close");
  CHECK(busy.ends_without_more());
  CHECK(fixture.wait_for_end());
}

TEST_CASE("a client that has only just asked may ask once more of a server that ends") {
  WorkerFixture fixture(routes(hello()));
  auto client = fixture.connect();
  CHECK(client.exchange(get_hello).status == 200);
  std::promise<void> begun;
  fixture.worker().drain(true, [&] { begun.set_value(); });
  begun.get_future().get();
  client.send(get_hello);
  const auto response = client.read_response();
  CHECK(response.status == 200);
  CHECK(response.field("Connection") == "close");
  CHECK(client.ends_without_more());
  CHECK(fixture.wait_for_end());
}

TEST_CASE("a drain ends at its deadline, and says that something was not answered") {
  std::promise<void> release;
  WorkerFixture fixture(routes(blocking_route("GET /work",
                                              [released = release.get_future().share()](const Request&) {
                                                released.wait();
                                                return Response::text("late\n");
                                              })),
                        1, [](WorkerOptions& options) { options.timeouts.drain = milliseconds(30); });
  auto busy = fixture.connect();
  busy.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  while (fixture.totals().in_flight == 0) std::this_thread::yield();
  fixture.worker().drain();
  CHECK_FALSE(fixture.wait_for_end());
  release.set_value();
}

TEST_CASE("the scoreboard's row counts connections and requests") {
  WorkerFixture fixture(routes(hello()));
  {
    auto client = fixture.connect();
    for (int i = 0; i < 5; ++i) CHECK(client.exchange(get_hello).status == 200);
    CHECK(fixture.row().connections == 1);
  }
  while (fixture.row().connections != 0) std::this_thread::yield();
  CHECK(fixture.row().accepted == 1);
  CHECK(fixture.totals().requests == 5);
  CHECK(fixture.totals().in_flight == 0);
}

TEST_CASE("how long answers take is counted for each route: of a handler that is waited for, too, and of pipelined requests together") {
  using std::chrono::milliseconds;
  WorkerFixture fixture(routes(route("GET /quick", [](const Request&) { return Response::text("quick\n"); }),
                               async_route("GET /late", [](Request&) -> awaitable<Response> {
                                 asio::steady_timer timer(co_await asio::this_coro::executor, milliseconds(40));
                                 co_await timer.async_wait(asio::use_awaitable);
                                 co_return Response::text("late\n");
                               })));
  auto client = fixture.connect();
  const std::string quick = "GET /quick HTTP/1.1\r\nHost: t\r\n\r\n";
  client.send(quick + quick + "GET /late HTTP/1.1\r\nHost: t\r\n\r\n" + quick + "GET /none HTTP/1.1\r\nHost: t\r\n\r\n");
  for (const int status : {200, 200, 200, 200, 404}) CHECK(client.read_response().status == status);
  while (fixture.latency(2).count() == 0) std::this_thread::yield();  // no route's: the last, which is counted when it is sent
  CHECK(fixture.latency(2).count() == 1);
  CHECK(fixture.latency(0).count() == 3);
  CHECK(fixture.latency(1).count() == 1);
  CHECK(fixture.latency(1).quantile(1) > milliseconds(35));
}

TEST_CASE("a plain request allocates nothing, once the connection is warm") {
  std::atomic<int> requests{0};
  std::atomic<std::size_t> allocations{1};
  std::optional<testing::AllocationCounter> counter;
  WorkerFixture fixture(routes(route("GET /count/{name}", [&](const Request& request) {
    // Runs on the one I/O thread, so what this thread allocates between two calls is what a request costs.
    const int number = ++requests;
    if (number == 100) counter.emplace();
    if (number == 300) {
      allocations = counter->count();
      counter.reset();
    }
    return Response::text(request.param("name")).header("X-Answer", "42");
  })));
  auto client = fixture.connect();
  for (int i = 0; i < 300; ++i) {
    REQUIRE(client.exchange("GET /count/somebody HTTP/1.1\r\nHost: t\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n").body == "somebody");
  }
  CHECK(allocations == 0);
}

}  // namespace
}  // namespace ropeway::server
