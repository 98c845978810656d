#include "core/src/server/blocking_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <latch>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <ropeway/http_error.hpp>

namespace ropeway::server {
namespace {

TEST_CASE("blocking work runs on another thread, and its result comes back to the event loop's") {
  asio::io_context io;
  BoundedBlockingPool pool(2, 8);
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
  BoundedBlockingPool pool(1, 8);
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
  BoundedBlockingPool pool(1, 2);
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
            if (++refused == 3) release.set_value();  // one runs or waits to, two wait
          }
        },
        asio::detached);
  }
  io.run();
  CHECK(refused == 3);
  CHECK(done == 3);
}

TEST_CASE("as many pieces of work run at once as the pool has threads") {
  asio::io_context io;
  BoundedBlockingPool pool(3, 8);
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
