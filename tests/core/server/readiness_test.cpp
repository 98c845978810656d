// Waiting for a socket, where several threads run one event loop.

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "core/src/server/descriptor.hpp"
#include "core/src/server/readiness.hpp"

namespace readiness_test {

using namespace ropeway::server;

namespace {

constexpr std::chrono::seconds patience(20);

// One end of a pair of sockets, and how often it was called.
class Watched {
 public:
  explicit Watched(Readiness::Context& context) : Watched(context, pair()) {}
  ~Watched() {
    readiness.close();
    readiness.forget();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void speak() { REQUIRE(::send(far_.get(), "x", 1, 0) == 1); }
  void await_call() { REQUIRE(called_.try_acquire_for(patience)); }

 private:
  static std::array<int, 2> pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    return ends;
  }
  Watched(Readiness::Context& context, std::array<int, 2> ends)
      : near_(ends[0]),
        far_(ends[1]),
        readiness(context, ends[0], registration_, [](void* self) noexcept { static_cast<Watched*>(self)->called_.release(); }, this) {}

  Descriptor near_, far_;
  std::mutex registration_;
  std::counting_semaphore<> called_{0};

 public:
  Readiness readiness;
};

struct Stop {
  asio::io_context& io;
  ~Stop() { io.stop(); }
};

}  // namespace

TEST_CASE("a wait that is over at once is served by another thread, where the one that began it goes on with a handler") {
  asio::io_context io;
  Readiness::Context context(io);
  Watched socket(context), later(context);
  std::binary_semaphore begun(0), over(0);
  const auto work = asio::make_work_guard(io);
  std::array<std::jthread, 2> threads;
  const Stop stop{io};
  for (std::jthread& thread : threads) thread = std::jthread([&io] { io.run(); });

  socket.speak();
  socket.readiness.wait_readable();
  socket.await_call();
  socket.speak();  // nobody waits for this one, but the event loop hears of it ...
  later.readiness.wait_readable();
  later.speak();
  later.await_call();  // ... before this one

  asio::post(io, [&] {
    socket.readiness.wait_readable(true);
    begun.release();
    (void)over.try_acquire_for(2 * patience);  // a handler that holds its thread
  });
  REQUIRE(begun.try_acquire_for(patience));
  socket.await_call();
  over.release();
}

}  // namespace readiness_test
