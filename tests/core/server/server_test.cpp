#include <ropeway/server.hpp>

#include <doctest/doctest.h>

#include <signal.h>
#include <unistd.h>

#include <string>

#include "tests/support/raw_client.hpp"
#include "tests/support/server_process.hpp"

namespace ropeway {
namespace {

/// Tells which process it runs in, and ends that where it is asked to.
class Isolated final : public IsolatedHandler {
 public:
  Response handle(const Request& request) const override {
    if (request.path() == "/end") ::raise(SIGKILL);
    return Response::text(std::to_string(::getpid()));
  }
};

}  // namespace

TEST_CASE("a server inside a program runs an isolated handler in children, and leaves no process behind") {
  {
    auto server = Server::with<Isolated>("127.0.0.1", 0);
    server.start(2);
    testing::RawClient client(testing::SocketAddress::tcp("127.0.0.1", server.port()));
    const std::string first = client.get("/").body;
    CHECK(first != std::to_string(::getpid()));
    CHECK(client.get("/").body != first);
    CHECK(client.get("/end").status == 502);
    CHECK(client.get("/").status == 200);
    CHECK(testing::children_of(::getpid()).size() == 1);  // the nursery
  }
  CHECK(testing::children_of(::getpid()).empty());
}

}  // namespace ropeway
