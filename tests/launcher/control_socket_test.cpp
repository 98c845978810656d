#include "launcher/src/control_socket.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "launcher/src/listen_sockets.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::testing::TemporaryFolder;

Descriptor connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

void send(const Descriptor& socket, const std::string& text) { REQUIRE(write_all(socket.get(), text.data(), text.size())); }

// What has come, without waiting; "(end)" behind it where the other side has ended.
std::string received(const Descriptor& socket) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size <= 0) return size == 0 ? text + "(end)" : text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

TEST_CASE("requests are lines, in whatever pieces they come, and each is answered to its client") {
  const TemporaryFolder folder;
  ControlSocket control(folder / "s");
  const Descriptor one = connect_to(folder / "s");
  const Descriptor two = connect_to(folder / "s");
  send(one, "first\nsec");
  send(two, "other\n");
  const auto requests = control.take();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].line == "first");
  CHECK(requests[1].line == "other");
  send(one, "ond\n");
  const auto more = control.take();
  REQUIRE(more.size() == 1);
  CHECK(more[0].line == "second");
  CHECK(more[0].client == requests[0].client);
  control.answer(requests[1].client, "to two");
  control.answer(requests[0].client, "to one");
  control.answer(4711, "to nobody");
  CHECK(received(one) == "to one\n");
  CHECK(received(two) == "to two\n");
}

TEST_CASE("a client that sends nothing more gets its answer, and then the end") {
  const TemporaryFolder folder;
  ControlSocket control(folder / "s");
  const Descriptor client = connect_to(folder / "s");
  send(client, "ask\n");
  REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
  const auto requests = control.take();
  REQUIRE(requests.size() == 1);
  CHECK(control.take().empty());
  std::vector<pollfd> watched;
  control.add_to(watched);
  CHECK(watched.size() == 1);  // its end is not news again and again
  control.answer(requests[0].client, "answer");
  CHECK(control.take().empty());
  CHECK(received(client) == "answer\n(end)");
}

TEST_CASE("clients past the limit, and lines without an end, are dropped") {
  const TemporaryFolder folder;
  ControlSocket control(folder / "s");
  std::vector<Descriptor> clients;
  for (std::size_t i = 0; i < ControlSocket::most_clients + 1; ++i) clients.push_back(connect_to(folder / "s"));
  CHECK(control.take().empty());
  CHECK(received(clients.back()) == "(end)");
  CHECK(received(clients.front()).empty());
  send(clients.front(), std::string(ControlSocket::most_bytes, 'x'));
  for (int round = 0; round < 20; ++round) CHECK(control.take().empty());
  CHECK(received(clients.front()) == "(end)");
  clients.erase(clients.begin(), clients.begin() + 2);
  CHECK(control.take().empty());
  const Descriptor next = connect_to(folder / "s");
  send(next, "ask\n");
  CHECK(control.take().size() == 1);
}

TEST_CASE("the socket is its user's alone, and its file goes with it") {
  const TemporaryFolder folder;
  {
    const ControlSocket control(folder / "s");
    struct stat status{};
    REQUIRE(::stat((folder / "s").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK_THROWS_AS(ControlSocket(folder / "s"), ListenError);  // another one listens
  }
  CHECK_FALSE(std::filesystem::exists(folder / "s"));
}

}  // namespace
