#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/server_process.hpp"

namespace listeners_test {

using namespace ropeway::testing;

namespace {

constexpr const char* route = R"(, "routes": [{"match": "/a", "handler": "fixed_response", "options": {"body": "answer"}}])";

bool machine_has_ipv6() {
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&loopback), sizeof(loopback)) == 0;
  ::close(socket);
  return bound;
}

// Somebody else's listener, on a port of the kernel's choice.
class OtherListener {
 public:
  OtherListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~OtherListener() { ::close(socket_); }
  OtherListener(const OtherListener&) = delete;
  OtherListener& operator=(const OtherListener&) = delete;
  std::uint16_t port = 0;

 private:
  int socket_;
};

}  // namespace

TEST_CASE("a unix socket is served beside a TCP port, and its file goes with the server") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("listen": ["unix:)" + (folder / "http.sock") + R"(", "127.0.0.1:0"])" + route);
    REQUIRE(server->urls().size() == 2);
    CHECK(server->urls()[0] == "unix:" + (folder / "http.sock"));
    RawClient local = server->connect(0);
    for (int i = 0; i < 3; ++i) CHECK(local.get("/a").body == "answer");
    CHECK(server->connect(1).get("/a").body == "answer");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "http.sock"));
  }
}

TEST_CASE("a unix socket that a killed server left behind is taken over, one that is in use is not") {
  const Model model{1, 1};
  const TemporaryFolder folder;
  const std::string members = R"("listen": ["unix:)" + (folder / "http.sock") + R"("])" + route;
  auto first = ServerProcess::run(model, folder, members);
  const Finished second = run_to_end({program(), "run", "--config", folder / "ropeway.json"}, folder.path().string());
  CHECK(second.exit_code == 1);
  CHECK(second.error.find("http.sock") != std::string::npos);
  CHECK(first->connect().get("/a").body == "answer");
  first->signal(SIGKILL);
  CHECK(first->wait() == 128 + SIGKILL);
  first.reset();
  CHECK(std::filesystem::exists(folder / "http.sock"));
  const auto third = ServerProcess::run(model, folder, members);
  CHECK(third->connect().get("/a").body == "answer");
}

TEST_CASE("IPv6 is served beside IPv4") {
  if (!machine_has_ipv6()) {
    MESSAGE("this machine has no IPv6: not checked here");
    return;
  }
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("listen": ["[::1]:0", "127.0.0.1:0"])") + route);
    REQUIRE(server->urls().size() == 2);
    CHECK(server->urls()[0].starts_with("http://[::1]:"));
    CHECK(server->connect(0).get("/a").body == "answer");
    CHECK(server->connect(1).get("/a").body == "answer");
  }
}

TEST_CASE("a port that is in use is a clear error and exit code 1") {
  const OtherListener other;
  const TemporaryFolder folder;
  const std::string address = "127.0.0.1:" + std::to_string(other.port);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    folder.write("ropeway.json", "{\"processes\": " + std::to_string(model.processes) + ", \"threads\": " + std::to_string(model.threads) +
                                     ", \"listen\": [\"" + address + "\"]" + route + "}");
    const Finished finished = run_to_end({program(), "run", "--config", folder / "ropeway.json"}, folder.path().string());
    CHECK(finished.exit_code == 1);
    CHECK(finished.error.find(address) != std::string::npos);
    CHECK(finished.error.find("in use") != std::string::npos);
  }
}

TEST_CASE("a second server cannot share a port with the first without noticing") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, std::string(R"("listen": ["127.0.0.1:0"])") + route);
  const std::string port = std::to_string(server->address().port);
  folder.write("second.json", R"({"processes": 2, "listen": ["127.0.0.1:)" + port + "\"]" + route + "}");
  const Finished finished = run_to_end({program(), "run", "--config", folder / "second.json"}, folder.path().string());
  CHECK(finished.exit_code == 1);
  CHECK(finished.error.find(port) != std::string::npos);
  CHECK(server->connect().get("/a").body == "answer");
}

}  // namespace listeners_test
