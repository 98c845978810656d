// A server whose handlers misbehave, for tests of what the server does about it.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/ropeway.hpp>

namespace {

/// Never returns, and so keeps a thread of the event loop. Says so first.
class Hang final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    std::fputs("this handler hangs\n", stderr);
    for (;;) ::pause();
  }
};

/// The same on a thread of the pool.
class HangBlocking final : public ropeway::BlockingHandler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    for (;;) ::pause();
  }
};

/// Dies as a write to a wrong place does.
class Crash final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    ::raise(SIGSEGV);
    return ropeway::Response::text("still here\n");
  }
};

/// The same on a thread of the pool.
class CrashBlocking final : public ropeway::BlockingHandler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override { std::abort(); }
};

/// Calls itself until the stack is used up.
class Overflow final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override { return ropeway::Response::text(std::to_string(deeper(1))); }

 private:
  static int deeper(int depth) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(depth);
    return depth == 0 ? frame[0] : deeper(depth + 1) + frame[0];
  }
};

/// Takes memory for ever: 16 MiB a request.
class Leak final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    const std::lock_guard lock(mutex_);
    taken_.emplace_back(std::size_t{16} << 20U, 'x');
    return ropeway::Response::text("leaked\n");
  }

 private:
  mutable std::mutex mutex_;
  mutable std::vector<std::string> taken_;
};

/// Answers as others do, and late: options {"after": a duration}.
class Slow final : public ropeway::AsyncHandler {
 public:
  explicit Slow(const ropeway::ConfigNode& options) : after_(options.duration("after")) {}
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request&) const override {
    asio::steady_timer timer(co_await asio::this_coro::executor, after_);
    co_await timer.async_wait(asio::use_awaitable);
    co_return ropeway::Response::text("answer");
  }
  static std::vector<ropeway::Setting> settings() { return {ropeway::Setting::duration("after", "How late.").by_default("\"100ms\"")}; }

 private:
  std::chrono::milliseconds after_;
};

}  // namespace

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Hang>("hang");
    registry.handler<HangBlocking>("hang_blocking");
    registry.handler<Crash>("crash");
    registry.handler<CrashBlocking>("crash_blocking");
    registry.handler<Overflow>("overflow");
    registry.handler<Slow>("slow");
    registry.handler<Leak>("leak");
  });
}
