#include "core/src/server/last_connections.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>

#include "core/src/server/descriptor.hpp"

using ropeway::server::Descriptor;

namespace {

// An address that the kernel chose.
struct Listening {
  explicit Listening(int family) : socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address.ss_family = static_cast<sa_family_t>(family);
    size = family == AF_UNIX ? sizeof(sa_family_t) : family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (family == AF_INET) reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (family == AF_INET6) reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket.get(), 8) == 0);
    size = sizeof address;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  }
  // A client, and what became of it at once.
  int connect(Descriptor& client) const {
    client = Descriptor(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 ? 0 : errno;
  }
  [[nodiscard]] Descriptor accept() const { return Descriptor(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  Descriptor socket;
  sockaddr_storage address{};
  socklen_t size = 0;
};

}  // namespace

TEST_CASE("a listener without newcomers gives the connections that wait, and no other comes about") {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    CAPTURE(family);
    const Listening listener(family);
    Descriptor first;
    const int begun = listener.connect(first);
    CHECK((begun == 0 || begun == EINPROGRESS));
    ropeway::server::stop_newcomers(listener.socket.get());
    Descriptor late;
    CHECK(listener.connect(late) == (family == AF_UNIX ? ECONNREFUSED : EINPROGRESS));
    CHECK(static_cast<bool>(listener.accept()));
    CHECK(!listener.accept());
    if (family != AF_UNIX) {
      pollfd waits{late.get(), POLLOUT, 0};
      CHECK(::poll(&waits, 1, 0) == 0);  // neither connected nor refused
    }
  }
}
