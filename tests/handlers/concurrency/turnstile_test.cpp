#include "handlers/concurrency/turnstile.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace ropeway::handlers::turnstile_test {
namespace {

using namespace std::chrono_literals;
using Pass = std::shared_ptr<const void>;

struct Fixture {
  Fixture(std::size_t places, std::size_t queue) : turnstile(places, queue) {}

  void ask(const std::string& name, std::chrono::milliseconds patience = 1h) {
    asio::co_spawn(
        io,
        [this, name, patience]() -> awaitable<void> {
          Pass pass = co_await turnstile.take(patience);
          events.push_back(name + (pass ? " has a place" : " is refused"));
          if (pass) passes.push_back(std::move(pass));
        },
        asio::detached);
    run();
  }
  void run() {
    io.restart();
    (void)io.poll();
  }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }

  asio::io_context io;
  Turnstile turnstile;
  std::vector<Pass> passes;
  std::vector<std::string> events;
};

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("places go to those that wait in their order, and those that find the queue full are refused") {
  Fixture f(2, 2);
  for (const char* name : {"a", "b", "c", "d", "e"}) f.ask(name);
  CHECK(f.take_events() == Events{"a has a place", "b has a place", "e is refused"});
  f.passes.erase(f.passes.begin());
  f.run();
  CHECK(f.take_events() == Events{"c has a place"});
  f.passes.clear();
  f.run();
  CHECK(f.take_events() == Events{"d has a place"});
  f.passes.clear();
  for (const char* name : {"f", "g", "h"}) f.ask(name);
  CHECK(f.take_events() == Events{"f has a place", "g has a place"});
}

TEST_CASE("whoever waits for too long is refused, and the place goes to the next") {
  Fixture f(1, 8);
  f.ask("a");
  f.ask("b", 1ms);
  f.ask("c");
  f.io.restart();
  while (f.events.size() < 2) (void)f.io.run_one();
  CHECK(f.take_events() == Events{"a has a place", "b is refused"});
  f.passes.clear();
  f.run();
  CHECK(f.take_events() == Events{"c has a place"});
}

TEST_CASE("coroutines that are thrown away while they wait leave the queue, and what they had got goes on") {
  Turnstile turnstile(1, 8);
  Pass first;
  asio::io_context io;
  asio::co_spawn(io, [&]() -> awaitable<void> { first = co_await turnstile.take(1h); }, asio::detached);
  (void)io.poll();
  {
    asio::io_context other;
    asio::co_spawn(other, [&]() -> awaitable<void> { (void)co_await turnstile.take(1h); }, asio::detached);
    (void)other.poll();
    first.reset();  // the place is the other's now, which never learns of it
  }
  bool has_place = false;
  asio::co_spawn(io, [&]() -> awaitable<void> { has_place = co_await turnstile.take(1h) != nullptr; }, asio::detached);
  io.restart();
  (void)io.poll();
  CHECK(has_place);
}

TEST_CASE("many threads take places, and there are never more than there may be") {
  asio::io_context io;
  const Turnstile turnstile(3, 1000);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
  for (int i = 0; i < 300; ++i) {
    asio::co_spawn(
        io,
        [&]() -> awaitable<void> {
          const Pass pass = co_await turnstile.take(1h);
          const int now = ++inside;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
          co_await asio::post(asio::use_awaitable);
          --inside;
          if (pass) ++served;
        },
        asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { (void)io.run(); });
  for (std::thread& thread : threads) thread.join();
  CHECK(served == 300);
  CHECK(most <= 3);
}

}  // namespace ropeway::handlers::turnstile_test
