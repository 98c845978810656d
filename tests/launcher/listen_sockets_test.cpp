#include "launcher/src/listen_sockets.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "core/src/server/hand_over.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::config::ListenAddress;
using Family = ListenAddress::Family;
namespace fs = std::filesystem;

ListenAddress ipv4(const std::string& host, std::uint16_t port) { return {Family::ipv4, host, port, "/listen/0", ""}; }
ListenAddress unix_path(const std::string& path) { return {Family::unix_socket, path, 0, "/listen/0", ""}; }

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "ropeway_sock_XXXXXX") { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(socket, level, name, &value, &size);
  return value;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string refusal(const std::vector<ListenAddress>& addresses, unsigned slots = 1) {
  try {
    const ListenSockets sockets(addresses, slots);
  } catch (const ListenError& error) { return error.what(); }
  return "";
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a free port is taken once and shared by a listener for each slot") {
  const ListenSockets sockets({ipv4("127.0.0.1", 0)}, 3);
  REQUIRE(sockets.addresses().size() == 1);
  const std::uint16_t port = sockets.addresses()[0].port;
  CHECK(port != 0);
  CHECK(sockets.addresses()[0].url() == "http://127.0.0.1:" + std::to_string(port));
  std::set<int> descriptors;
  for (unsigned slot = 0; slot < 3; ++slot) {
    const auto listeners = sockets.of_slot(slot);
    REQUIRE(listeners.size() == 1);
    const int socket = listeners[0].descriptor;
    descriptors.insert(socket);
    CHECK_FALSE(listeners[0].is_unix);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    CHECK(ntohs(bound.sin_port) == port);
    CHECK(option(socket, SOL_SOCKET, SO_ACCEPTCONN) == 1);
    CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK((::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(descriptors.size() == 3);
}

TEST_CASE("connections are accepted by some slot of the group, with TCP_NODELAY inherited") {
  const ListenSockets sockets({ipv4("127.0.0.1", 0)}, 2);
  const sockaddr_in address = loopback(sockets.addresses()[0].port);
  const Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  int accepted = 0;
  for (unsigned slot = 0; slot < 2; ++slot) {
    const Descriptor server(::accept4(sockets.of_slot(slot)[0].descriptor, nullptr, nullptr, SOCK_CLOEXEC));
    if (!server) continue;
    ++accepted;
    CHECK(option(server.get(), IPPROTO_TCP, TCP_NODELAY) != 0);
  }
  CHECK(accepted == 1);
}

std::vector<int> descriptors_of(const ListenSockets& sockets, unsigned slots) {
  std::vector<int> result;
  for (unsigned slot = 0; slot < slots; ++slot) {
    for (const auto& listener : sockets.of_slot(slot)) result.push_back(listener.descriptor);
  }
  return result;
}

TEST_CASE("a later generation takes over the addresses that it shares, and opens and closes the others") {
  const Folder folder;
  auto earlier = std::make_unique<ListenSockets>(std::vector{ipv4("127.0.0.1", 0), unix_path(folder / "s")}, 2);
  const auto before = descriptors_of(*earlier, 2);
  const std::uint16_t port = earlier->addresses()[0].port;
  auto later = std::make_unique<ListenSockets>(std::vector{unix_path(folder / "s"), ipv4("127.0.0.2", 0)}, 1, earlier.get());
  CHECK(later->slots() == 2);
  CHECK(later->of_slot(1)[0].descriptor == before[1]);
  later->keep();
  earlier.reset();
  CHECK(fs::is_socket(folder / "s"));
  CHECK(later->addresses()[0].port == 0);
  CHECK(refusal({ipv4("127.0.0.1", port)}).empty());
  later.reset();
  CHECK_FALSE(fs::exists(folder / "s"));
}

TEST_CASE("whether PROXY headers come is a configuration's own affair, and what waits at an address that is given up is told of it") {
  ListenAddress address = ipv4("127.0.0.1", 0);
  const ListenSockets plain({address}, 2);
  address.proxy_protocol = true;
  const ListenSockets with_header({address}, 2, &plain);
  CHECK(with_header.of_slot(1)[0].descriptor == plain.of_slot(1)[0].descriptor);
  CHECK(with_header.of_slot(1)[0].proxy_protocol);
  CHECK(with_header.of_slot_alone(0)[0].proxy_protocol);
  CHECK_FALSE(plain.of_slot(1)[0].proxy_protocol);
  CHECK_FALSE(plain.of_slot_alone(0)[0].proxy_protocol);
  CHECK(with_header.to_pass_on()[0].address.proxy_protocol);
  CHECK_FALSE(plain.to_pass_on()[0].address.proxy_protocol);
  ListenSockets heir({Inheritance::Listeners{address, 0, {::dup(plain.of_slot(0)[0].descriptor)}}});
  CHECK(heir.of_slot(0)[0].proxy_protocol);

  const Folder folder;
  ListenAddress path = unix_path(folder / "s");
  path.proxy_protocol = true;
  ListenSockets given_up({path}, 1);
  const ListenSockets kept({ipv4("127.0.0.1", 0)}, 1, &given_up);
  const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  (folder / "s").copy(place.sun_path, sizeof place.sun_path - 1);
  REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
  int channel[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, channel) == 0);
  given_up.close_but(kept, channel[0]);
  const auto waiting = ropeway::server::take_connection(channel[1]);
  REQUIRE(waiting.has_value());
  CHECK(waiting->proxy_header.state == ropeway::server::ProxyHeader::State::expected);
  for (const int descriptor : {client, channel[0], channel[1], waiting->descriptor}) ::close(descriptor);
}

TEST_CASE("a port 0 that is asked for twice stays two ports") {
  const std::vector twice{ipv4("127.0.0.1", 0), ipv4("127.0.0.1", 0)};
  const ListenSockets earlier(twice, 1);
  const ListenSockets later(twice, 1, &earlier);
  CHECK(later.addresses()[0].port == earlier.addresses()[0].port);
  CHECK(later.addresses()[1].port == earlier.addresses()[1].port);
}

TEST_CASE("slots are added behind those that are there, and taken away again unless they are kept") {
  const std::vector address{ipv4("127.0.0.1", 0)};
  const ListenSockets earlier(address, 2);
  const auto before = descriptors_of(earlier, 2);
  int added = -1;
  {
    const ListenSockets later(address, 4, &earlier);
    const auto all = descriptors_of(later, 4);
    CHECK(std::vector(all.begin(), all.begin() + 2) == before);
    added = all[3];
    CHECK(option(added, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  }
  CHECK(option(added, SOL_SOCKET, SO_ACCEPTCONN) == -1);
  CHECK(descriptors_of(earlier, 2) == before);
  auto kept = std::make_unique<ListenSockets>(address, 4, &earlier);
  kept->keep();
  const ListenSockets next(address, 1, kept.get());
  kept.reset();
  CHECK(next.slots() == 4);
  CHECK(option(next.of_slot(3)[0].descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1);
}

TEST_CASE("a port may go from one address to all, and back, while it is in use") {
  const ListenSockets one({ipv4("127.0.0.1", 0)}, 1);
  const std::uint16_t port = one.addresses()[0].port;
  const ListenSockets all({ipv4("0.0.0.0", port)}, 1, &one);
  const ListenSockets again({ipv4("127.0.0.2", port)}, 1, &all);
  CHECK(again.addresses()[0].port == port);
}

TEST_CASE("a failure leaves the earlier generation as it was") {
  const Folder folder;
  const ListenSockets earlier({ipv4("127.0.0.1", 0), unix_path(folder / "s")}, 2);
  const auto before = descriptors_of(earlier, 2);
  CHECK_THROWS_AS(ListenSockets({ipv4("127.0.0.1", 0), unix_path(folder / "s"), ipv4("192.0.2.1", 0)}, 4, &earlier), ListenError);
  CHECK(descriptors_of(earlier, 2) == before);
  CHECK(fs::is_socket(folder / "s"));
}

TEST_CASE("a port that another server has is refused, though that one would share it") {
  const ListenSockets other({ipv4("127.0.0.1", 0)}, 1);
  const std::uint16_t port = other.addresses()[0].port;
  const std::string text = refusal({ipv4("127.0.0.1", port)});
  CHECK(mentions(text, "127.0.0.1:" + std::to_string(port)));
  CHECK(mentions(text, "in use"));
  CHECK(mentions(refusal({ipv4("0.0.0.0", port)}), "in use"));
}

TEST_CASE("several free ports of different addresses are one port where that is possible") {
  const ListenSockets sockets({ipv4("127.0.0.1", 0), ipv4("127.0.0.2", 0)}, 2);
  CHECK(sockets.addresses()[0].port == sockets.addresses()[1].port);
  const ListenSockets twice({ipv4("127.0.0.1", 0), ipv4("127.0.0.1", 0)}, 2);
  CHECK(twice.addresses()[0].port != twice.addresses()[1].port);
}

TEST_CASE("an address that the machine does not have is refused with a remedy") {
  const std::string text = refusal({ipv4("192.0.2.1", 0)});  // RFC 5737: belongs to nobody
  CHECK(mentions(text, "192.0.2.1"));
  CHECK(mentions(text, "no such address"));
}

TEST_CASE("IPv6 and IPv4 can have the same port, each its own listener") {
  std::optional<ListenSockets> sockets;
  try {
    sockets.emplace(std::vector<ListenAddress>{ipv4("0.0.0.0", 0), {Family::ipv6, "::", 0, "", ""}}, 1);
  } catch (const ListenError&) {
    MESSAGE("no IPv6 here");
    return;
  }
  CHECK(sockets->addresses()[0].port == sockets->addresses()[1].port);
  CHECK(option(sockets->of_slot(0)[1].descriptor, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
  CHECK(sockets->addresses()[1].url() == "http://[::]:" + std::to_string(sockets->addresses()[1].port));
}

TEST_CASE("a unix socket is one listener for all slots, and its file goes with it") {
  const Folder folder;
  const std::string path = folder / "s";
  {
    const ListenSockets sockets({unix_path(path)}, 3);
    CHECK(sockets.addresses()[0].url() == "unix:" + path);
    CHECK(sockets.of_slot(0)[0].is_unix);
    CHECK(sockets.of_slot(0)[0].descriptor == sockets.of_slot(2)[0].descriptor);
    CHECK(fs::is_socket(path));
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a socket file that nobody answers on is replaced, a live one is not") {
  const Folder folder;
  const std::string path = folder / "s";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  {
    const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(fs::is_socket(path));
  const ListenSockets sockets({unix_path(path)}, 1);
  CHECK(fs::is_socket(path));
  CHECK(mentions(refusal({unix_path(path)}), "another server answers"));
  CHECK(fs::is_socket(path));
}

TEST_CASE("a file that is no socket is left alone") {
  const Folder folder;
  std::ofstream(folder / "notes") << "mine";
  CHECK(mentions(refusal({unix_path(folder / "notes")}), "no socket"));
  CHECK(fs::file_size(folder / "notes") == 4);
}

TEST_CASE("a socket's path that is too long is refused") {
  CHECK(mentions(refusal({unix_path("/tmp/" + std::string(200, 'x'))}), "longer than 107 bytes"));
}

TEST_CASE("a failure leaves no socket file behind") {
  const Folder folder;
  const std::string path = folder / "s";
  CHECK(mentions(refusal({unix_path(path), ipv4("192.0.2.1", 0)}), "192.0.2.1"));
  CHECK_FALSE(fs::exists(path));
}

}  // namespace
