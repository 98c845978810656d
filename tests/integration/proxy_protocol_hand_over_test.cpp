// Connections that began with a PROXY header and go to other workers, and those of a real balancer.

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/json.hpp"
#include "tests/support/proxy_headers.hpp"
#include "tests/support/server_process.hpp"

namespace proxy_protocol_hand_over_test {

using namespace ropeway::testing;
using namespace ropeway::testing::behind_balancer;

namespace {

// Connections in all states in which one is handed over, and what becomes of them.
struct Travellers {
  explicit Travellers(const ServerProcess& server) {
    for (int i = 0; i < 10; ++i) {
      used.push_back(server.connect());
      used.back().send(header);
      REQUIRE(used.back().get("/").status == 200);
      REQUIRE(used.back().get("/").status == 200);
      known.push_back(server.connect());
      known.back().send(i % 2 == 0 ? header : binary_proxy_header(0x21, 0x11, binary_ipv4()));
      unread.push_back(server.connect());
      own.push_back(server.connect());
      own.back().send(binary_proxy_header(0x20, 0, ""));
      REQUIRE(own.back().get("/").status == 403);
    }
  }
  void check() {
    for (RawClient& client : used) CHECK(client.get("/").status == 200);
    for (RawClient& client : known) CHECK(client.get("/").status == 200);
    for (RawClient& client : own) CHECK(client.get("/", "X-Forwarded-For: 203.0.113.7\r\n").status == 403);
  }
  void check_unread() {
    for (RawClient& client : unread) {
      client.send(header);
      CHECK(client.get("/").status == 200);
      CHECK(client.exchange(header + request).status == 400);  // read once, by the one who has it
    }
  }
  std::vector<RawClient> used, known, unread, own;
};

void end_each_worker(const ServerProcess& server, const Model& model) {
  for (const pid_t worker : server.workers(model)) {
    REQUIRE(::kill(worker, SIGTERM) == 0);
    REQUIRE(wait_for_end_of(worker));
    REQUIRE(eventually([&] { return server.workers(model).size() == model.processes; }));
  }
}

std::size_t count_of(const ServerProcess& server, const std::string& part) {
  const std::string text = server.standard_error();
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

void reload(const ServerProcess& server, const TemporaryFolder& folder, const std::string& from, const std::string& to) {
  std::string text = read_file(folder / "ropeway.json");
  if (!from.empty()) {
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
  }
  std::ofstream(folder / "ropeway.json") << text;
  const std::size_t before = count_of(server, "reload: done");
  server.signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(server, "reload: done") > before; }));
}

}  // namespace

TEST_CASE("what a PROXY header has told goes with a connection from worker to worker, and one that was not read is read there") {
  for (const Model& model : {Model{1, 1}, Model{3, 1}, Model{2, 3}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, listening + trusted + only_for_client);
    Travellers travellers(*server);
    for (int round = 0; round < 2; ++round) {
      end_each_worker(*server, model);
      travellers.check();
    }
    travellers.check_unread();
    end(*server);
  }
}

TEST_CASE("a PROXY header of which a part has come is read to its end by the worker that has that part") {
  const Model model{2, 2};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, R"("control": "control", )" + listening + trusted + only_for_client);
  const std::string binary = binary_proxy_header(0x21, 0x11, binary_ipv4() + std::string(100, '\x04'));
  std::vector<std::pair<RawClient, std::string>> clients;
  for (const std::string& bytes : {header, binary}) {
    for (std::size_t cut = 1; cut < bytes.size(); cut += 9) {
      clients.emplace_back(server->connect(), bytes.substr(cut));
      clients.back().first.send(bytes.substr(0, cut));
    }
  }
  // Those that came before have been accepted when these are answered, and their first bytes been read, or wait to be.
  for (int i = 0; i < 20; ++i) {
    RawClient client = server->connect();
    client.send(header);
    REQUIRE(client.get("/").status == 200);
  }
  const auto workers = server->workers(model);
  for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGTERM) == 0);
  REQUIRE(eventually([&] {  // each of them; one that got none of these clients may have ended
    const auto status =
        parsed_json(run_to_end({program(), "status", "--json", "--control", folder / "control"}, folder.path().string()).output);
    return std::ranges::all_of(status["workers"], [&](const auto& worker) {
      return std::ranges::find(workers, worker["pid"].template get<pid_t>()) == workers.end() || worker["state"] == "draining";
    });
  }));
  for (auto& [client, rest] : clients) client.send(rest);
  for (const pid_t worker : workers) CHECK(wait_for_end_of(worker));
  for (auto& [client, rest] : clients) CHECK(client.get("/").status == 200);
}

TEST_CASE("what a PROXY header has told survives reloads, and whether there is one can be changed by a reload") {
  for (const Model& model : {Model{1, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("canary": {"percent": 0}, )" + listening + trusted + only_for_client);
    Travellers travellers(*server);
    reload(*server, folder, "", "");
    travellers.check();
    reload(*server, folder, R"("proxy_protocol": true)", R"("proxy_protocol": false)");
    travellers.check();
    for (int i = 0; i < 10; ++i) CHECK(server->connect().get("/").status == 403);
    CHECK(server->connect().exchange(header + request).status == 400);
    reload(*server, folder, R"("proxy_protocol": false)", R"("proxy_protocol": true)");
    travellers.check();
    travellers.check_unread();
    for (int i = 0; i < 10; ++i) {
      RawClient client = server->connect();
      client.send(header);
      CHECK(client.get("/").status == 200);
    }
    RawClient without = server->connect();
    without.send_what_fits(request);
    CHECK(without.ends_without_more());
    end(*server);
  }
}

// ---- a real balancer ---------------------------------------------------------------------------------------------------------------

namespace {

constexpr const char* haproxy_program = "/usr/sbin/haproxy";

// HAProxy in front of a server, which it connects to from 127.0.0.3.
class Haproxy {
 public:
  Haproxy(const TemporaryFolder& folder, const SocketAddress& server, const std::string& options)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 64) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    const std::string file =
        folder.write("haproxy.cfg",
                     "global\n  maxconn 200\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n"
                     "frontend all\n  bind fd@3\n  default_backend ropeway\nbackend ropeway\n  source 127.0.0.3\n  server one 127.0.0.1:" +
                         std::to_string(server.port) + " " + options + "\n");
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{haproxy_program, "-db", "-f", file}, folder.path().string(), -1,
                                              std::vector<int>{listener_});
  }
  ~Haproxy() { ::close(listener_); }
  Haproxy(const Haproxy&) = delete;
  Haproxy& operator=(const Haproxy&) = delete;
  [[nodiscard]] RawClient connect() const { return RawClient(SocketAddress::tcp("127.0.0.1", port_)); }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace

TEST_CASE("behind HAProxy, the client is the one that HAProxy has, with either version, and its checks are its own" *
          doctest::skip(!std::filesystem::exists(haproxy_program))) {
  for (const std::string version : {"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c"}) {
    for (const Model& model : {Model{0, 1}, Model{1, 1}, Model{2, 2}}) {
      CAPTURE(version);
      CAPTURE(model.name());
      const TemporaryFolder folder;
      const auto server = ServerProcess::run(model, folder, listening + R"("trusted_proxies": ["127.0.0.3"], )" + site);
      const Haproxy balancer(folder, server->address(), version);
      std::vector<RawClient> clients;
      for (int i = 0; i < 5; ++i) {
        clients.push_back(balancer.connect());
        CHECK(clients.back().get("/").body == "answer");
        clients.back().send(request + request);
        for (int each = 0; each < 2; ++each) CHECK(clients.back().read_response().body == "answer");
      }
      if (model.processes > 0) end_each_worker(*server, model);
      for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
      end(*server);
      CHECK(logged_addresses(folder) == std::vector<std::string>(20, "127.0.0.1"));
    }
  }
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, listening + R"("trusted_proxies": ["127.0.0.3"], )" + site);
  {
    const Haproxy balancer(folder, server->address(), "send-proxy-v2 check check-send-proxy inter 50ms\n  option httpchk GET /");
    CHECK(eventually([&] { return !logged_addresses(folder).empty(); }));
  }
  CHECK(logged_addresses(folder).front() == "127.0.0.3");
  CHECK(server->complaints().find("PROXY") == std::string::npos);
}

}  // namespace proxy_protocol_hand_over_test
