// A server whose handlers misbehave, for tests of what the server does about it.

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
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

/// Holds its thread for a while and tells which one it was: options {"for": a duration}.
class Dawdle final : public ropeway::Handler {
 public:
  explicit Dawdle(const ropeway::ConfigNode& options) : for_(options.duration("for")) {}
  ropeway::Response handle(const ropeway::Request&) const override {
    std::this_thread::sleep_for(for_);
    return ropeway::Response::text(std::to_string(::gettid()));
  }
  static std::vector<ropeway::Setting> settings() { return {ropeway::Setting::duration("for", "How long.").by_default("\"30ms\"")}; }

 private:
  std::chrono::milliseconds for_;
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

/// The same in a coroutine that has waited before.
class CrashAfterWait final : public ropeway::AsyncHandler {
 public:
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request&) const override {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
    ::raise(SIGSEGV);
    co_return ropeway::Response::text("still here\n");
  }
};

/// The same where the coroutine writes the answer, and has waited for the client to read.
class CrashInStream final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
    return ropeway::Response::stream("text/plain", [](ropeway::BodyWriter& out) -> ropeway::awaitable<void> {
      co_await out.write("begin");
      co_await out.flush();
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
      ::raise(SIGSEGV);
    });
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

/// Isolated: does what the path says, and nobody else is to notice.
class Isolated final : public ropeway::IsolatedHandler {
 public:
  explicit Isolated(ropeway::Services& services) : logger_(services.logger()) {}

  ropeway::Response handle(const ropeway::Request& request) const override {
    const std::string_view deed = request.param("deed");
    if (deed == "crash") ::raise(SIGSEGV);
    if (deed == "abort") std::abort();
    if (deed == "exit") std::exit(3);  // NOLINT(concurrency-mt-unsafe): in a child of one thread
    if (deed == "leak") return leak();
    if (deed == "loop") {
      for (unsigned turn = 0;; ++turn) {
        volatile unsigned seen = turn;
        (void)seen;
      }
    }
    if (deed == "hang") {
      for (;;) ::pause();
    }
    if (deed == "throw") throw std::runtime_error("thrown in a child");
    if (deed == "refuse") throw ropeway::HttpError(ropeway::Status::conflict, "not like this");
    if (deed == "print") std::puts("printed in a child");
    if (deed == "log") logger_.info("logged in a child", {{"number", std::int64_t{7}}});
    if (deed == "pid") return ropeway::Response::text(std::to_string(::getpid()) + " " + std::to_string(::getppid()) + "\n");
    if (deed == "count") return ropeway::Response::text(std::to_string(++count_) + "\n");
    if (deed == "large") return ropeway::Response::text(std::string(3'000'000, 'x'));
    if (deed == "stream") return ropeway::Response::stream("text/plain", broken_stream);
    if (deed == "file") return ropeway::file_response(request, std::string(request.query("path").value_or("")));
    std::string told = std::string(request.method_name()) + " " + std::string(request.target()) + " " + std::string(request.path()) + " " +
                       std::string(request.host()) + " " + std::string(request.header("X-Given")) + " " +
                       std::string(request.peer_address()) + "\n" + std::string(request.body());
    return ropeway::Response::text(told).status(ropeway::Status::accepted).header("X-Told", "yes");
  }

 private:
  // Says something, and dies before its end.
  static ropeway::awaitable<void> broken_stream(ropeway::BodyWriter& out) {
    co_await out.write(std::string(500'000, 'y'));
    ::raise(SIGKILL);
  }
  static ropeway::Response leak() {
    for (;;) {
      constexpr std::size_t piece = 1 << 20;
      auto* leaked = new char[piece];  // NOLINT(cppcoreguidelines-owning-memory): that is the point
      for (std::size_t i = 0; i < piece; i += 4096) const_cast<volatile char*>(leaked)[i] = 1;
    }
  }
  ropeway::Logger& logger_;
  mutable int count_ = 0;
};

/// Does what the path says, and what peers, networks and servers have to live with.
class Socket final : public ropeway::WebSocketHandler {
 public:
  void admit(const ropeway::Request& request) const override {
    if (request.param("deed") == "refuse") throw ropeway::HttpError(ropeway::Status::conflict, "not like this");
  }

  ropeway::awaitable<void> handle(ropeway::WebSocket& socket, const ropeway::Request& request) const override {
    const std::string deed(request.param("deed"));
    if (deed == "push") {
      for (;;) co_await socket.send_binary(std::string(64 * 1024, 'x'));
    }
    if (deed == "flood") {
      while (socket.sender().send(std::string(64 * 1024, 'x'))) {}
    }
    if (deed == "deaf") co_await wait(std::chrono::hours(1));
    if (deed == "close") socket.close(4001, "as agreed");
    if (deed == "thread") {
      std::thread([sender = socket.sender()] { sender.send("from a thread"); }).join();
    }
    if (deed == "kept") last_ = socket.sender();
    while (auto message = co_await socket.receive()) {
      if (deed == "crash") ::raise(SIGSEGV);
      if (deed == "throw") throw std::runtime_error("thrown by a WebSocket's handler");
      if (deed == "latin") co_await socket.send("caf\xe9");
      if (deed == "late") co_await wait(std::chrono::milliseconds(300));
      if (deed == "last") {
        const auto last = last_;
        message->data = !last ? "none" : last->send("to the one before") ? "sent" : "gone";
      }
      co_await socket.send(*message);
    }
    std::fprintf(stderr, "%s ended with %d\n", deed.c_str(), static_cast<int>(socket.closed().code));
  }

 private:
  static ropeway::awaitable<void> wait(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
  }
  mutable std::optional<ropeway::WebSocketSender> last_;
};

__attribute__((noinline)) void thrown_here() { throw std::out_of_range("<not here>"); }

class Thrower final : public ropeway::AsyncHandler {
 public:
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request) const override {
    const std::string how(request.param("how"));
    if (how == "here") thrown_here();
    if (how == "library") (void)std::stoi("none");
    if (how == "number") throw 7;  // NOLINT(hicpp-exception-baseclass)
    if (how == "status") throw ropeway::HttpError(ropeway::Status::service_unavailable, "not now");
    if (how == "mistake") throw ropeway::HttpError(ropeway::Status::not_found, "not there");
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
    throw std::runtime_error("after a wait");
  }
};

// The first line says what it does.
class Wire final : public ropeway::StreamHandler {
 public:
  ropeway::awaitable<void> handle(ropeway::Stream& stream) const override {
    const auto deed = co_await stream.read_line();
    if (!deed) co_return;
    if (*deed == "flood") {
      const std::string piece(64 * 1024, 'x');
      for (;;) co_await stream.write(piece);
    }
    if (*deed == "throw") throw std::runtime_error("thrown by a stream's handler");
    if (*deed == "crash") ::raise(SIGSEGV);
    if (*deed == "hang") {
      for (;;) ::pause();
    }
    if (*deed == "count") {
      std::string room(100'000, '\0');
      std::size_t sum = 0;
      while (const std::size_t count = co_await stream.read_some(room)) sum += count;
      room = std::to_string(sum);
      co_await stream.write(room);
    }
    if (*deed == "peer") {
      const std::string peer = std::string(stream.peer_address()) + " " + std::to_string(stream.peer_port());
      co_await stream.write(peer);
    }
    if (*deed == "half") {
      stream.end_output();
      std::string room(100, '\0');
      while (const std::size_t count = co_await stream.read_some(room)) std::fprintf(stderr, "half: %zu bytes\n", count);
      std::fprintf(stderr, "half: the end\n");
    }
    if (*deed == "slow") {
      for (;;) {
        const auto line = co_await stream.read_line();
        if (!line) break;
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(300));
        co_await timer.async_wait(asio::use_awaitable);
        co_await stream.write(*line);
      }
    }
  }
};

}  // namespace

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Hang>("hang");
    registry.handler<Dawdle>("dawdle");
    registry.handler<HangBlocking>("hang_blocking");
    registry.handler<Crash>("crash");
    registry.handler<CrashBlocking>("crash_blocking");
    registry.handler<CrashAfterWait>("crash_after_wait");
    registry.handler<CrashInStream>("crash_in_stream");
    registry.handler<Overflow>("overflow");
    registry.handler<Slow>("slow");
    registry.handler<Leak>("leak");
    registry.handler<Isolated>("isolated");
    registry.handler<Socket>("socket");
    registry.handler<Wire>("wire");
    registry.handler<Thrower>("thrower");
  });
}
