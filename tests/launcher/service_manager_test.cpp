#include "launcher/src/service_manager.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>

#include "launcher/src/descriptor.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace ropeway::launcher;
using namespace std::chrono_literals;
using ropeway::testing::TemporaryFolder;

// What a service manager has: a datagram socket, named in the environment.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  /// The next message; "" where there is none.
  [[nodiscard]] std::string told() const {
    char buffer[512];
    const ssize_t size = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }

 private:
  Descriptor socket_;
};

TEST_CASE("a service manager is told what it wants to know") {
  const TemporaryFolder folder;
  for (const std::string& name : {folder / "notify", "@ropeway-test-" + std::to_string(::getpid())}) {
    CAPTURE(name);
    const Manager manager(name);
    const ServiceManager told;
    told.ready("generation 1");
    CHECK(manager.told() == "READY=1\nSTATUS=generation 1");
    told.reloading();
    CHECK(manager.told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    told.hand_to(4711);
    CHECK(manager.told() == "MAINPID=4711\nREADY=1");
    told.stopping();
    CHECK(manager.told() == "STOPPING=1");
    CHECK_FALSE(told.next_ping());
  }
}

TEST_CASE("a watchdog is told at once, and then twice as often as it asks for") {
  const TemporaryFolder folder;
  const Manager manager(folder / "notify");
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  ServiceManager told;
  const ServiceManager::Time now{1h};
  told.ping(now);
  CHECK(manager.told() == "WATCHDOG=1");
  told.ping(now + 4s);
  CHECK(manager.told() == "");
  told.ping(now + 6s);
  CHECK(manager.told() == "WATCHDOG=1");
  CHECK(told.next_ping() > now + 10s);
  CHECK(told.next_ping() <= now + 12s);
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(ServiceManager().next_ping());  // another process is meant
}

TEST_CASE("without a service manager, or with one that does not listen, nothing happens") {
  ServiceManager nobody;
  nobody.ready("x");
  nobody.ping(ServiceManager::Time{1h});
  const TemporaryFolder folder;
  ::setenv("NOTIFY_SOCKET", (folder / "missing").c_str(), 1);
  const ServiceManager deaf;
  deaf.ready("x");
  ::setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  const ServiceManager long_name;
  long_name.stopping();
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
