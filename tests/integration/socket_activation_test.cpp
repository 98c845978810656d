// Sockets that systemd, or whoever else starts the server, has opened for it.

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace socket_activation_test {

using namespace ropeway::testing;

namespace {

namespace fs = std::filesystem;

// What a socket unit opens.
class Activator {
 public:
  explicit Activator(int family, const std::string& place = {}, int type = SOCK_STREAM, bool listens = true)
      : socket_(::socket(family, type | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_in);
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(place.empty() ? INADDR_LOOPBACK : INADDR_ANY);
    } else if (family == AF_INET6) {
      reinterpret_cast<sockaddr_in6&>(address).sin6_addr = place.empty() ? in6addr_loopback : in6addr_any;
      size = sizeof(sockaddr_in6);
    } else {
      std::strncpy(reinterpret_cast<sockaddr_un&>(address).sun_path, place.c_str(), sizeof(sockaddr_un::sun_path) - 1);
      size = sizeof(sockaddr_un);
    }
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::system_error(errno, std::generic_category(), "bind");
    if (listens && type == SOCK_STREAM) ::listen(socket_, 64);
    size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);  // at the same place for IPv6
  }
  ~Activator() { ::close(socket_); }
  Activator(const Activator&) = delete;
  Activator& operator=(const Activator&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return socket_; }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

void write_configuration(const TemporaryFolder& folder, const std::string& listen, const std::string& body = "answer",
                         unsigned processes = 2) {
  std::ofstream(folder / "ropeway.json")
      << R"({"processes": )" << processes << R"(, "threads": 1, "listen": [)" << listen
      << R"(], "control": "control", "canary": {"percent": 0}, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": ")"
      << body << R"("}}]})";
}

ServerProcess start(const TemporaryFolder& folder, const std::vector<int>& sockets, const std::string& names = {}) {
  std::string variables = "LISTEN_PID=$$ LISTEN_FDS=" + std::to_string(sockets.size());
  if (!names.empty()) variables += " LISTEN_FDNAMES=" + names;
  return {{"run"}, folder / ".", program(), sockets, variables};
}

Finished refused(const TemporaryFolder& folder, const std::vector<int>& sockets, const std::string& variables) {
  return run_to_end(activated({program(), "run"}, variables), folder / ".", sockets);
}

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

std::string answer_at(const std::string& url) { return RawClient(SocketAddress::from_url(url)).get("/").body; }

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("\"systemd\" serves all sockets that were passed on: IPv4, IPv6 and a unix socket") {
  const TemporaryFolder folder;
  const Activator ipv4(AF_INET);
  const Activator ipv6(AF_INET6);
  const Activator path(AF_UNIX, folder / "web.sock");
  for (const unsigned processes : {2U, 0U}) {
    CAPTURE(processes);
    write_configuration(folder, R"("systemd")", "answer", processes);
    ServerProcess server = start(folder, {ipv4.descriptor(), ipv6.descriptor(), path.descriptor()});
    const std::vector<std::string> urls{"http://127.0.0.1:" + ipv4.port(), "http://[::1]:" + ipv6.port(), "unix:" + (folder / "web.sock")};
    CHECK(server.urls() == urls);
    for (const auto& url : urls) CHECK(answer_at(url) == "answer");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(fs::exists(folder / "web.sock"));  // it is the unit's
  }
}

TEST_CASE("a socket is used for the address that \"listen\" has, and by its name; others are opened") {
  const TemporaryFolder folder;
  const Activator web(AF_INET);
  const Activator path(AF_UNIX, folder / "web.sock");
  const Activator named(AF_INET);
  write_configuration(folder, R"("127.0.0.1:0", "systemd:intern", "unix:web.sock", "127.0.0.1:)" + web.port() + '"');
  const ServerProcess server = start(folder, {web.descriptor(), path.descriptor(), named.descriptor()}, "a:b:intern");
  REQUIRE(server.urls().size() == 4);
  CHECK(server.urls()[1] == "http://127.0.0.1:" + named.port());
  CHECK(server.urls()[2] == "unix:" + (folder / "web.sock"));
  CHECK(server.urls()[3] == "http://127.0.0.1:" + web.port());
  for (const auto& url : server.urls()) CHECK(answer_at(url) == "answer");
}

TEST_CASE("an IPv6 socket that takes IPv4, too, stands for both addresses") {
  const TemporaryFolder folder;
  const Activator both(AF_INET6, "every");
  write_configuration(folder, R"("0.0.0.0:)" + both.port() + R"(", "[::]:)" + both.port() + '"');
  const ServerProcess server = start(folder, {both.descriptor()});
  CHECK(server.urls() == std::vector<std::string>{"http://[::]:" + both.port()});
  CHECK(answer_at("http://127.0.0.1:" + both.port()) == "answer");
  CHECK(answer_at("http://[::1]:" + both.port()) == "answer");
}

TEST_CASE("after the end the socket listens on, and the next server answers who waits there") {
  const TemporaryFolder folder;
  const Activator web(AF_INET);
  write_configuration(folder, R"("systemd")");
  const std::string url = "http://127.0.0.1:" + web.port();
  for (const int signal : {SIGTERM, SIGINT}) {
    ServerProcess server = start(folder, {web.descriptor()});
    CHECK(answer_at(url) == "answer");
    server.signal(signal);
    REQUIRE(server.wait() == 0);
  }
  RawClient waiting(SocketAddress::from_url(url));
  waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const ServerProcess next = start(folder, {web.descriptor()});
  CHECK(waiting.read_response().body == "answer");
}

TEST_CASE("reloads and upgrades keep the sockets, and one that a reload leaves out is refused") {
  const TemporaryFolder folder;
  const Activator web(AF_INET);
  const Activator path(AF_UNIX, folder / "web.sock");
  const std::string url = "http://127.0.0.1:" + web.port();
  write_configuration(folder, R"("systemd")");
  ServerProcess server = start(folder, {web.descriptor(), path.descriptor()}, "web:path");
  write_configuration(folder, R"("systemd:web", "unix:web.sock")", "second");
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(answer_at(url) == "second");

  write_configuration(folder, R"("systemd:path")", "third");
  const Finished left_out = command(folder, {"reload", "--wait"});
  CHECK(left_out.exit_code == 2);
  CHECK(mentions(left_out.error, "has passed on the socket \"web\" (" + url + ")"));
  CHECK(answer_at(url) == "second");

  write_configuration(folder, R"("systemd")", "fourth");
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(server.wait() == 0);
  CHECK(answer_at(url) == "fourth");
  CHECK(answer_at("unix:" + (folder / "web.sock")) == "fourth");
  write_configuration(folder, R"("systemd:path", "systemd:web")", "fifth");  // names are passed on, too
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(answer_at(url) == "fifth");
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK(fs::exists(folder / "web.sock"));
  const RawClient waits(SocketAddress::from_url(url));  // throws where nobody listens
}

TEST_CASE("the variables of socket activation are in no process that the server starts") {
  const TemporaryFolder folder;
  const Activator web(AF_INET);
  write_configuration(folder, R"("systemd")");
  ServerProcess server = start(folder, {web.descriptor()}, "web");
  // The environment of a process is shown as it was when it began: here, that of the upgraded launcher.
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  const auto pid = parsed_json(command(folder, {"status", "--json"}).output)["pid"].get<int>();
  REQUIRE(pid != server.pid());
  CHECK_FALSE(mentions(read_file("/proc/" + std::to_string(pid) + "/environ"), "LISTEN_"));
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
}

TEST_CASE("what cannot be served is refused with the place and the remedy") {
  const TemporaryFolder folder;
  const Activator good(AF_INET);
  const Activator datagram(AF_INET, {}, SOCK_DGRAM);
  const Activator deaf(AF_INET, {}, SOCK_STREAM, false);
  const int null = ::dup(STDERR_FILENO);
  struct Case {
    std::string listen;
    std::vector<int> sockets;
    std::string variables;
    std::string part;
  };
  const std::string one = "LISTEN_PID=$$ LISTEN_FDS=1";
  for (const Case& c :
       {Case{R"("systemd")", {datagram.descriptor()}, one, "the socket \"unknown\" that was passed on (descriptor 3) is no stream socket"},
        {R"("systemd")", {deaf.descriptor()}, one, "does not listen; use Accept=no"},
        {R"("systemd")", {null}, one, "is no socket"},
        {R"("systemd")", {good.descriptor()}, "LISTEN_PID=$$ LISTEN_FDS=2", "(descriptor 4) is not open"},
        {R"("systemd")", {good.descriptor()}, "LISTEN_PID=$$ LISTEN_FDS=1x", "LISTEN_FDS is \"1x\""},
        {R"("systemd")", {good.descriptor()}, "LISTEN_PID=$$ LISTEN_FDS=-1", "LISTEN_FDS is \"-1\""},
        {R"("systemd")", {good.descriptor()}, "LISTEN_PID=$$ LISTEN_FDS=99999999", "at most 1024"},
        {R"("systemd")", {good.descriptor()}, one + " LISTEN_FDNAMES=a:b", "LISTEN_FDNAMES has 2 names"},
        {R"("systemd")", {good.descriptor()}, "LISTEN_PID=1 LISTEN_FDS=1", "must `exec` it"},
        {R"("systemd")", {}, "LISTEN_PID=$$ LISTEN_FDS=0", "no socket was passed on"},
        {R"("systemd:mine")", {good.descriptor()}, one + " LISTEN_FDNAMES=yours", "only \"yours\""},
        {R"("127.0.0.1:0")", {good.descriptor()}, one, "add \"systemd\" to \"listen\""}}) {
    CAPTURE(c.part);
    write_configuration(folder, c.listen);
    const Finished ended = refused(folder, c.sockets, c.variables);
    CHECK(ended.exit_code == 1);
    CAPTURE(ended.error);
    CHECK(mentions(ended.error, c.part));
  }
  ::close(null);
}

TEST_CASE("sockets that are meant for another process are left alone, with a warning") {
  const TemporaryFolder folder;
  const Activator good(AF_INET);
  write_configuration(folder, R"("127.0.0.1:0")");
  const ServerProcess server({"run"}, folder / ".", program(), {good.descriptor()}, "LISTEN_PID=1 LISTEN_FDS=1");
  CHECK(mentions(server.standard_error(), "are another's and are not used"));
  CHECK(answer_at(server.urls()[0]) == "answer");
}

}  // namespace socket_activation_test
