#include "core/src/server/blocking_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <latch>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

TEST_CASE("blocking work runs on another thread, and its result comes back to the event loop's") {
  asio::io_context io;
  BoundedBlockingPool pool({2, 8});
  BlockingPool& service = pool;
  std::thread::id work_thread;
  std::thread::id resumed_thread;
  int result = 0;
  asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        result = co_await service.run([&] {
          work_thread = std::this_thread::get_id();
          return 42;
        });
        resumed_thread = std::this_thread::get_id();
      },
      asio::detached);
  io.run();
  CHECK(result == 42);
  CHECK(work_thread != std::this_thread::get_id());
  CHECK(resumed_thread == std::this_thread::get_id());
}

TEST_CASE("what blocking work throws is thrown where it is awaited") {
  asio::io_context io;
  BoundedBlockingPool pool({1, 8});
  BlockingPool& service = pool;
  std::string caught;
  asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        try {
          co_await service.run([] { throw std::runtime_error("no disk"); });
        } catch (const std::runtime_error& error) { caught = error.what(); }
      },
      asio::detached);
  io.run();
  CHECK(caught == "no disk");
}

TEST_CASE("work beyond the threads and the queue is refused with 503, and the rest is done") {
  asio::io_context io;
  BoundedBlockingPool pool({1, 2});
  BlockingPool& service = pool;
  std::promise<void> release;
  const std::shared_future<void> released(release.get_future());
  std::atomic<int> done{0};
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    asio::co_spawn(
        io,
        [&]() -> awaitable<void> {
          try {
            co_await service.run([&] {
              released.wait();
              ++done;
            });
          } catch (const HttpError& error) {
            CHECK(error.status() == Status::service_unavailable);
            CHECK(error.retry_after() == std::chrono::seconds(1));
            if (++refused == 3) release.set_value();  // one runs or waits to, two wait
          }
        },
        asio::detached);
  }
  io.run();
  CHECK(refused == 3);
  CHECK(done == 3);
}

TEST_CASE("work that has waited for a thread for too long is refused with 503, though all threads are held") {
  asio::io_context io;
  BoundedBlockingPool pool({1, 8, std::chrono::seconds(5)});
  BlockingPool& service = pool;
  std::promise<void> begun;
  std::promise<void> release;
  std::vector<std::string> events;
  const auto spawn = [&](const char* name, std::function<void()> work) {
    asio::co_spawn(
        io,
        [&events, &service, name, work = std::move(work)]() -> awaitable<void> {
          try {
            co_await service.run(work);
            events.push_back(std::string(name) + " done");
          } catch (const HttpError& error) {
            events.push_back(std::string(name) + " " + std::to_string(code(error.status())) + " after " +
                             std::to_string(error.retry_after().value_or(std::chrono::seconds(0)).count()));
          }
        },
        asio::detached);
  };
  spawn("first", [&] {
    begun.set_value();
    release.get_future().wait();
  });
  (void)io.poll();
  begun.get_future().wait();
  spawn("second", [] {});
  (void)io.poll();
  const std::chrono::milliseconds now = coarse_steady_time();
  pool.refuse_late(now);
  (void)io.poll();
  CHECK(events.empty());
  pool.refuse_late(now + std::chrono::seconds(5) + std::chrono::milliseconds(100));
  io.restart();
  (void)io.poll();
  CHECK(events == std::vector<std::string>{"second 503 after 5"});
  spawn("third", [] {});
  release.set_value();
  io.restart();
  io.run();
  CHECK(events == std::vector<std::string>{"second 503 after 5", "first done", "third done"});
}

TEST_CASE("as many pieces of work run at once as the pool has threads") {
  asio::io_context io;
  BoundedBlockingPool pool({3, 8});
  BlockingPool& service = pool;
  std::latch all(3);  // would never open if two had to share a thread
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(
        io,
        [&]() -> awaitable<void> {
          co_await service.run([&] { all.arrive_and_wait(); });
          ++done;
        },
        asio::detached);
  }
  io.run();
  CHECK(done == 3);
}

}  // namespace
}  // namespace ropeway::server
