// A server whose handlers misbehave, for tests of what the server does about it.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

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

}  // namespace

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Hang>("hang");
    registry.handler<HangBlocking>("hang_blocking");
    registry.handler<Crash>("crash");
    registry.handler<CrashBlocking>("crash_blocking");
    registry.handler<Overflow>("overflow");
  });
}
