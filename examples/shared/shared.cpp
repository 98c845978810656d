// What all workers have in common: a counter, a cache, topics, and a job that one of them does. Start it, and ask several times:
//
//   curl localhost:8000/visits     the same count, whichever worker answers
//   curl localhost:8000/report     computed once in ten seconds, by one worker, whoever asks how often
//   curl localhost:8000/news       waits for what the next line publishes, to whichever worker
//   curl -d hello localhost:8000/news

#include <chrono>
#include <string>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/ropeway.hpp>

using namespace std::chrono_literals;

class Visits final : public ropeway::Handler {
 public:
  explicit Visits(ropeway::Services& services) : visits_(services.counters().counter("visits")) {}
  ropeway::Response handle(const ropeway::Request&) const override {
    return ropeway::Response::text("You are visitor " + std::to_string(visits_.add()) + ".\n");
  }

 private:
  ropeway::Counter visits_;
};

class Report final : public ropeway::AsyncHandler {
 public:
  explicit Report(ropeway::Services& services) : cache_(services.cache()), computed_(services.counters().counter("reports")) {}
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request&) const override {
    std::string report = co_await cache_.get_or_compute("report", 10s, [this] { return compute(); });
    co_return ropeway::Response::text(std::move(report));
  }

 private:
  ropeway::awaitable<std::string> compute() const {
    asio::steady_timer timer(co_await asio::this_coro::executor, 250ms);  // a query that takes its time
    co_await timer.async_wait(asio::use_awaitable);
    co_return "This is report " + std::to_string(computed_.add()) + ".\n";
  }

  ropeway::Cache& cache_;
  ropeway::Counter computed_;
};

class News final : public ropeway::AsyncHandler {
 public:
  explicit News(ropeway::Services& services) : bus_(services.bus()) {}
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request) const override {
    if (request.method() == ropeway::Method::post) {
      bus_.publish("news", co_await request.read_body());
      co_return ropeway::Response(ropeway::Status::no_content);
    }
    const auto subscription = bus_.subscribe("news");
    const auto message = co_await subscription->next(20s);
    if (!message) co_return ropeway::Response(ropeway::Status::no_content);
    co_return ropeway::Response::text(message->payload + "\n");
  }

 private:
  ropeway::Bus& bus_;
};

class Ticks final : public ropeway::Handler {
 public:
  explicit Ticks(ropeway::Services& services) : ticks_(services.counters().counter("ticks")) {
    services.jobs().every("tick", 200ms, [ticks = ticks_]() -> ropeway::awaitable<void> {
      ticks.add();  // in one worker at a time
      co_return;
    });
  }
  ropeway::Response handle(const ropeway::Request&) const override {
    return ropeway::Response::text(std::to_string(ticks_.value()) + " ticks\n");
  }

 private:
  ropeway::Counter ticks_;
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Visits>("visits");
    registry.handler<Report>("report");
    registry.handler<News>("news");
    registry.handler<Ticks>("ticks");
  });
}
