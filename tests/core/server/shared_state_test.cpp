#include "core/src/server/shared_state.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>
#include <ropeway/testing/fake_clock.hpp>

#include "core/src/testing/event_loop.hpp"
#include "tests/support/recording_services.hpp"

namespace ropeway::server {
namespace {

using namespace std::chrono_literals;
using testing::run_to_end;

constexpr shared::Sizes sizes{.counters = 4, .rate_limits = 1024, .cache_bytes = std::size_t{1} << 20U, .bus_bytes = 65'536};

// A process's view of the memory, with an event loop of its own.
struct View {
  explicit View(shared::Segment& segment) : state(segment, clock, logger) {}
  ~View() {
    state.close();
    io.restart();
    io.poll();
    state.end();
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  testing::FakeClock clock;
  testing::RecordingLogger logger;
  SharedState state;
  asio::io_context io;
};

Bus& bus_of(View& view) { return view.state.bus; }

// Runs the loop until that holds; false after ten seconds.
template <class Holds>
bool runs_until(asio::io_context& io, Holds holds) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!holds() && std::chrono::steady_clock::now() < end) {
    io.restart();
    io.run_one_for(50ms);
  }
  return holds();
}

TEST_CASE("a counter is one number by name; without room or a name, the error tells what to do") {
  shared::Segment segment(sizes);
  const View one(segment);
  const View other(segment);
  SharedCounters counters(segment);
  CHECK(counters.counter("visits").add() == 1);
  CHECK(SharedCounters(segment).counter("visits").add(41) == 42);
  CHECK(counters.counter("visits").exchange(7) == 42);
  CHECK(counters.all() == std::vector<std::pair<std::string, std::int64_t>>{{"visits", 7}});
  for (const char* name : {"b", "c", "d"}) CHECK(counters.counter(name).value() == 0);
  CHECK_THROWS_WITH_AS((void)counters.counter("e"), "there is no room for the counter \"e\" among 4; raise shared.counters",
                       std::runtime_error);
  CHECK_THROWS_AS((void)counters.counter(""), std::invalid_argument);
}

TEST_CASE("a limit with a number that is none is refused") {
  shared::Segment segment(sizes);
  const testing::FakeClock clock;
  SharedRateLimits limits(segment, clock);
  CHECK_THROWS_AS((void)limits.limit("a", {.count = 0}), std::invalid_argument);
  CHECK_THROWS_AS((void)limits.limit("a", {.count = 1, .per = 0s}), std::invalid_argument);
  CHECK_THROWS_AS((void)limits.limit("a", {.count = 1, .per = 1h, .burst = 10'000'000}), std::invalid_argument);
  const auto thirds = limits.limit("a", {.count = 3, .per = 1s, .burst = 1});
  CHECK(run_to_end(thirds->take("key")).allowed);
  CHECK(run_to_end(thirds->take("key")).retry_after == 333'333'334ns);
}

TEST_CASE("the cache keeps a value for its time, and computes one that is not there") {
  shared::Segment segment(sizes);
  View view(segment);
  Cache& cache = view.state.cache;
  CHECK_FALSE(run_to_end(cache.get("a")).has_value());
  CHECK(run_to_end(cache.set("a", "value", 10s)));
  view.clock.advance(9999ms);
  CHECK(run_to_end(cache.get("a")) == "value");
  view.clock.advance(1ms);
  CHECK_FALSE(run_to_end(cache.get("a")).has_value());
  CHECK(run_to_end(cache.set("a", "for ever", Cache::no_end)));
  CHECK(run_to_end(cache.erase("a")));
  int computed = 0;
  const auto compute = [&]() -> awaitable<std::string> { co_return "computed " + std::to_string(++computed); };
  CHECK(run_to_end(cache.get_or_compute("b", 1s, compute)) == "computed 1");
  CHECK(run_to_end(cache.get_or_compute("b", 1s, compute)) == "computed 1");
  view.clock.advance(1s);
  CHECK(run_to_end(cache.get_or_compute("b", 1s, compute)) == "computed 2");
}

TEST_CASE("of many that want a value, in two processes, one computes it; where it fails, another does") {
  shared::Segment segment(sizes);
  View one(segment);
  View other(segment);
  one.state.begin(one.io);
  other.state.begin(other.io);
  std::atomic<int> computed{0};
  std::atomic<int> failed{0};
  std::atomic<int> answered{0};
  const auto compute = [&]() -> awaitable<std::string> {
    const int number = ++computed;
    asio::steady_timer timer(co_await asio::this_coro::executor, 30ms);
    co_await timer.async_wait(asio::use_awaitable);
    if (number == 1) throw std::runtime_error("not this time");
    co_return "value";
  };
  const auto ask = [&](View& view) -> awaitable<void> {
    try {
      const std::string value = co_await view.state.cache.get_or_compute("key", Cache::no_end, compute);
      CHECK(value == "value");
      ++answered;
    } catch (const std::runtime_error&) { ++failed; }
    if (answered + failed == 40) {
      one.io.stop();
      other.io.stop();
    }
  };
  for (int i = 0; i < 20; ++i) {
    asio::co_spawn(one.io, ask(one), asio::detached);
    asio::co_spawn(other.io, ask(other), asio::detached);
  }
  std::thread thread([&] { other.io.run_for(20s); });
  one.io.run_for(20s);
  thread.join();
  CHECK(computed == 2);
  CHECK(failed == 1);
  CHECK(answered == 39);
}

TEST_CASE("a message reaches subscribers of its topic in all processes, in order; too many are lost, and counted") {
  shared::Segment segment(sizes);
  View one(segment);
  View other(segment);
  one.state.begin(one.io);
  other.state.begin(other.io);
  const auto here = bus_of(one).subscribe("topic");
  const auto there = bus_of(other).subscribe("topic", 3);
  const auto another = bus_of(other).subscribe("another topic");
  for (int i = 0; i < 5; ++i) CHECK(one.state.bus.publish("topic", std::to_string(i)));
  CHECK_FALSE(one.state.bus.publish("topic", std::string(65'536, 'x')));
  const auto read = [](Subscription& subscription, std::string& into) -> awaitable<void> {
    for (;;) {
      const auto message = co_await subscription.next(500ms);
      if (!message) co_return;
      into += message->topic + "=" + message->payload + " ";
    }
  };
  std::string got_here;
  std::string got_there;
  std::string got_another;
  asio::co_spawn(one.io, read(*here, got_here), asio::detached);
  asio::co_spawn(other.io, read(*there, got_there), asio::detached);
  asio::co_spawn(other.io, read(*another, got_another), asio::detached);
  one.io.run_for(1s);
  other.io.run_for(1s);
  CHECK(got_here == "topic=0 topic=1 topic=2 topic=3 topic=4 ");
  CHECK(got_there == "topic=0 topic=1 topic=2 ");
  CHECK(there->lost() == 2);
  CHECK(here->lost() == 0);
  CHECK(got_another.empty());
}

TEST_CASE("a listener is called with each message of its topic, in order, until it ends, and may use the bus meanwhile") {
  shared::Segment segment(sizes);
  View one(segment);
  View other(segment);
  one.state.begin(one.io);
  other.state.begin(other.io);
  std::string heard;
  std::unique_ptr<BusListener> second;
  auto first = bus_of(other).listen("topic", [&](const BusMessage& message) {
    heard += message.topic + "=" + message.payload + " ";
    if (message.payload == "1")
      second = bus_of(other).listen("reply", [&](const BusMessage& reply) { heard += "(" + reply.payload + ") "; });
    if (message.payload == "2") bus_of(other).publish("reply", "seen");
    if (message.payload == "3") throw std::runtime_error("out of luck");
  });
  for (int i = 0; i < 5; ++i) CHECK(bus_of(one).publish("topic", std::to_string(i)));
  CHECK(runs_until(other.io, [&] { return heard.find("topic=4 ") != std::string::npos && heard.find("(seen) ") != std::string::npos; }));
  CHECK(heard.starts_with("topic=0 topic=1 topic=2 "));
  CHECK(heard.find("topic=3 ") < heard.find("topic=4 "));
  heard.clear();
  first.reset();
  CHECK(bus_of(one).publish("topic", "late"));
  CHECK(bus_of(one).publish("reply", "last"));
  CHECK(runs_until(other.io, [&] { return heard.find("(last) ") != std::string::npos; }));
  CHECK(heard == "(last) ");
}

TEST_CASE("the end of a listener waits for the call that another thread is in") {
  shared::Segment segment(sizes);
  View view(segment);
  view.state.begin(view.io);
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> ended{false};
  auto listener = bus_of(view).listen("topic", [&](const BusMessage&) {
    entered.set_value();
    leave.get_future().wait();
    CHECK_FALSE(ended);
  });
  CHECK(bus_of(view).publish("topic", "once"));
  std::thread loop([&] { (void)runs_until(view.io, [&] { return ended.load(); }); });
  entered.get_future().wait();
  std::thread end([&] {
    listener.reset();
    ended = true;
  });
  leave.set_value();
  end.join();
  CHECK(ended);
  loop.join();
}

TEST_CASE("where the worker ends, whoever waits for a message is told") {
  shared::Segment segment(sizes);
  bool told = false;
  {
    View view(segment);
    view.state.begin(view.io);
    asio::co_spawn(
        view.io,
        [&]() -> awaitable<void> {
          const auto subscription = bus_of(view).subscribe("topic");
          try {
            (void)co_await subscription->next();
          } catch (const ConnectionLost&) { told = true; }
        },
        asio::detached);
    view.io.run_for(10ms);
  }
  CHECK(told);
}

TEST_CASE("a job runs when it is due, not more often, and what it throws is logged") {
  shared::Segment segment(sizes);
  View view(segment);
  int runs = 0;
  view.state.jobs.every("job", 1h, [&]() -> awaitable<void> {
    if (++runs == 1) throw std::runtime_error("out of luck");
    co_return;
  });
  CHECK_THROWS_AS(view.state.jobs.every("", 1s, {}), std::invalid_argument);
  CHECK_THROWS_AS(view.state.jobs.every("job", 0s, {}), std::invalid_argument);
  view.state.begin(view.io);
  const auto look = [&] {  // at the clock, which the test has moved
    segment.ring();
    view.io.run_for(50ms);
  };
  look();
  CHECK(runs == 0);
  view.clock.advance(59min);
  look();
  CHECK(runs == 0);
  view.clock.advance(1min);
  look();
  CHECK(runs == 1);
  CHECK(view.logger.lines() ==
        std::vector<std::string>{"error: a job has failed; it runs again when it is due job=job reason=out of luck"});
  view.clock.advance(10h + 30min);  // what has passed is left out, but for one
  look();
  look();
  CHECK(runs == 2);
  view.clock.advance(30min);
  look();
  CHECK(runs == 3);
  view.state.jobs.hand_on();
  view.clock.advance(10h);
  look();
  CHECK(runs == 3);
  CHECK(segment.claims().find_or_add("job")->owner.load() == 0);
}

}  // namespace
}  // namespace ropeway::server
