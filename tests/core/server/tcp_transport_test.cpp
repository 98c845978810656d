#include "core/src/server/tcp_transport.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

namespace ropeway::server {
namespace tcp_transport_test {

/// Two ends of a TCP connection.
struct Ends {
  /// `window`: of the client, in bytes; 0: what the system gives.
  explicit Ends(int window = 0) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    client = ::socket(AF_INET, SOCK_STREAM, 0);
    if (window > 0) REQUIRE(::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &window, sizeof window) == 0);
    REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    REQUIRE(accepted >= 0);
    ::close(listener);
    server = std::make_unique<TcpTransport>(accepted);
  }
  ~Ends() { ::close(client); }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  /// Reads as much as that.
  void read(std::size_t count) const {
    std::array<char, 65536> room;
    while (count > 0) {
      const ssize_t got = ::recv(client, room.data(), std::min(count, room.size()), 0);
      REQUIRE(got > 0);
      count -= static_cast<std::size_t>(got);
    }
  }
  [[nodiscard]] unsigned bound() const {
    unsigned value = 0;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(server->descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size) == 0);
    return value;
  }

  int client = -1;
  std::unique_ptr<TcpTransport> server;
};

constexpr std::uint64_t file_size = 8'000'000;

/// A response with a file that has some megabytes.
void append_response(protocol::SendQueue& queue) {
  const int descriptor = ::memfd_create("file", 0);
  REQUIRE(::ftruncate(descriptor, static_cast<off_t>(file_size)) == 0);
  queue.append(std::string("head"));
  queue.append(FileSlice{std::make_shared<const OpenFile>(descriptor), 0, file_size});
}

TEST_CASE("of a file that its peer does not take, the kernel takes little") {
  const Ends ends(4096);
  protocol::SendQueue queue;
  append_response(queue);
  REQUIRE(ends.server->send(queue) == Transfer::would_block);
  CHECK(file_size - queue.size() < 300'000);
  CHECK(ends.bound() == 128 * 1024);
}

TEST_CASE("a peer that takes what it asks for has no bound any more") {
  const Ends ends;
  bool is_free = false;
  for (int i = 0; i < 100 && !is_free; ++i) {  // its window grows
    protocol::SendQueue queue;
    append_response(queue);
    bool is_first = true;
    for (;;) {
      const std::uint64_t before = queue.size();
      const Transfer sent = ends.server->send(queue);
      if (std::exchange(is_first, false)) is_free = ends.bound() == 0;
      ends.read(before - queue.size());
      if (sent == Transfer::done) break;
      REQUIRE((sent == Transfer::would_block || sent == Transfer::unfinished));
      pollfd wait{ends.server->descriptor(), POLLOUT, 0};
      REQUIRE(::poll(&wait, 1, 10'000) == 1);
    }
  }
  CHECK(is_free);
}

TEST_CASE("a file goes through a unix socket as well") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  TcpTransport server(ends[0]);
  protocol::SendQueue queue;
  append_response(queue);
  std::uint64_t left = file_size + 4;
  std::array<char, 65536> room;
  while (left > 0) {
    const Transfer sent = server.send(queue);
    REQUIRE((sent == Transfer::done || sent == Transfer::would_block || sent == Transfer::unfinished));
    for (ssize_t got = 0; (got = ::recv(ends[1], room.data(), room.size(), 0)) > 0;) left -= static_cast<std::uint64_t>(got);
  }
  CHECK(queue.empty());
  ::close(ends[1]);
}

}  // namespace tcp_transport_test
}  // namespace ropeway::server
