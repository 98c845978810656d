// A server whose handlers misbehave, for tests of what the server does about it.

#include <unistd.h>

#include <ropeway/ropeway.hpp>

namespace {

/// Never returns, and so keeps a thread of the event loop.
class Hang final : public ropeway::Handler {
 public:
  ropeway::Response handle(const ropeway::Request&) const override {
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

}  // namespace

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<Hang>("hang");
    registry.handler<HangBlocking>("hang_blocking");
  });
}
