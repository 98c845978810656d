// The kinds of handlers beside the plain one, each in the fewest lines: a coroutine, one that may block, one
// that runs in a process of its own, and a middleware.

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <ropeway/ropeway.hpp>

// A coroutine: while it waits, its thread serves others. `GET /wait/{milliseconds}`
class Wait final : public ropeway::AsyncHandler {
 public:
  static ropeway::Settings settings() {
    return {ropeway::Setting::duration("longest", "What a client may ask for at most.").at_least(0).by_default("\"5s\"")};
  }
  explicit Wait(const ropeway::ConfigNode& options) : longest_(options.duration("longest")) {}

  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request) const override {
    const std::string asked(request.param("milliseconds"));
    if (asked.empty() || asked.size() > 9 || asked.find_first_not_of("0123456789") != std::string::npos) {
      throw ropeway::HttpError(ropeway::Status::bad_request, "how many milliseconds?");
    }
    const std::chrono::milliseconds time(std::stoi(asked));
    if (time > longest_) throw ropeway::HttpError(ropeway::Status::bad_request, "that is too long");
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
    co_return ropeway::Response::text("waited " + asked + " ms\n");
  }

 private:
  std::chrono::milliseconds longest_;
};

// Reads a file the slow way: on the pool of `blocking.threads`, where it stalls nobody. `GET /load`
class Load final : public ropeway::BlockingHandler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    std::ifstream file("/proc/loadavg");
    std::ostringstream text;
    text << file.rdbuf();
    return ropeway::Response::text(text.str());
  }
};

// In a child process for each request: what it takes or breaks ends with that. It has as much memory as `limits.memory` says; past it the
// child ends, the client gets 502, and nothing else happens. `GET /take/{megabytes}`
class Take final : public ropeway::IsolatedHandler {
 public:
  ropeway::Response handle(const ropeway::Request& request) const override {
    const std::vector<char> memory(std::stoul(std::string(request.param("megabytes"))) << 20U, 'x');
    return ropeway::Response::text("took " + std::to_string(memory.size()) + " bytes\n");
  }
};

// Stands in front of a handler: measures it, and adds a field to what it answers.
class Timing final : public ropeway::Middleware {
 public:
  explicit Timing(ropeway::Services& services) : clock_(services.clock()) {}

  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request, ropeway::Next next) const override {
    const auto begin = clock_.steady_now();
    ropeway::Response response = co_await next(request);
    const std::chrono::duration<double, std::milli> spent = clock_.steady_now() - begin;
    response.header("Server-Timing", "handler;dur=" + std::to_string(spent.count()));
    co_return response;
  }

 private:
  const ropeway::Clock& clock_;
};

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Wait>("wait");
    registry.handler<Load>("load");
    registry.handler<Take>("take");
    registry.middleware<Timing>("timing");
  });
}
