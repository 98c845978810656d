// Server-sent events: a clock that counts on where a client has left it. Open http://localhost:8000/, or `curl -N localhost:8000/clock`.

#include <chrono>
#include <string>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <ropeway/ropeway.hpp>

class Clock final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() {
    return {ropeway::Setting::duration("every", "How long a tick takes.").at_least(1).by_default("\"1s\"")};
  }
  explicit Clock(const ropeway::ConfigNode& options) : every_(options.duration("every")) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    return ropeway::event_stream(request, [every = every_](ropeway::EventStream& events) -> ropeway::awaitable<void> {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      // The browser comes back by itself when the connection breaks, and says what it has seen last.
      for (auto tick = ropeway::unsigned_from(events.last_event_id()).value_or(0) + 1;; ++tick) {
        const std::string number = std::to_string(tick);
        co_await events.send({.data = number, .type = "tick", .id = number, .retry = std::chrono::seconds(1)});
        timer.expires_after(every);
        co_await timer.async_wait(asio::use_awaitable);  // cancelled when the client has gone, or the server ends
      }
    });
  }

 private:
  std::chrono::milliseconds every_;
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) { registry.handler<Clock>("clock"); });
}
