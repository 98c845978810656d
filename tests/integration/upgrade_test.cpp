// Another program takes the server's place (SIGUSR2, `ropeway upgrade`).

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace upgrade_test {

using namespace ropeway::testing;

namespace {

namespace fs = std::filesystem;

constexpr Model model{3, 2};

std::string answering(const std::string& body) {
  return R"("control": "control", "log": {"level": "warning"}, "canary": {"start": "10s"},
            "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": ")" +
         body + R"("}}])";
}

void write_configuration(const TemporaryFolder& folder, const std::string& members, const std::string& listen = R"("127.0.0.1:0")") {
  std::ofstream(folder / "ropeway.json") << R"({"processes": 3, "threads": 2, "listen": [)" << listen << "], " << members << "}";
}

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

nlohmann::json status(const TemporaryFolder& folder) {
  const std::string text = command(folder, {"status", "--json"}).output;
  return text.empty() ? nlohmann::json::object() : parsed_json(text);
}

// A server whose program is the file "bin" of the folder, so that it can be replaced.
class Upgradable {
 public:
  explicit Upgradable(const TemporaryFolder& folder) : folder_(folder), server_((install(folder), start(folder))) {}
  ~Upgradable() { (void)command(folder_, {"stop", "--wait", "--fast"}); }
  Upgradable(const Upgradable&) = delete;
  Upgradable& operator=(const Upgradable&) = delete;
  [[nodiscard]] ServerProcess& operator*() noexcept { return server_; }
  [[nodiscard]] ServerProcess* operator->() noexcept { return &server_; }

  static void install(const TemporaryFolder& folder) {
    fs::remove(folder / "bin");
    fs::create_symlink(program(), folder / "bin");
  }
  static void install_script(const TemporaryFolder& folder, const std::string& script) {
    fs::remove(folder / "bin");
    std::ofstream(folder / "bin") << "#!/bin/sh\n" << script << "\n";
    fs::permissions(folder / "bin", fs::perms::owner_all);
  }

 private:
  static ServerProcess start(const TemporaryFolder& folder) { return {{"run"}, folder / ".", folder / "bin"}; }
  const TemporaryFolder& folder_;
  ServerProcess server_;
};

// A request that the old program is at, of which "34" is missing.
RawClient begun_upload(const ServerProcess& server) {
  RawClient upload = server.connect();
  upload.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n12");
  REQUIRE(upload.read_response().status == 100);
  return upload;
}

}  // namespace

TEST_CASE("an upgrade brings another process with the same addresses, and connections stay") {
  const TemporaryFolder folder;
  const std::string path = folder / "socket";
  const std::string both = R"("127.0.0.1:0", "unix:)" + path + "\"";
  write_configuration(folder, answering("old"), both);
  Upgradable server(folder);
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server->connect(static_cast<std::size_t>(i % 2)));
    REQUIRE(clients.back().get("/").body == "old");
  }
  write_configuration(folder, answering("new"), both);
  const Finished upgraded = command(folder, {"upgrade", "--wait"});
  CHECK(upgraded.error == "");
  CHECK(upgraded.exit_code == 0);
  CHECK(server->wait() == 0);
  CHECK(server->complaints() == "");
  const auto now = status(folder);
  CHECK(now["pid"] != server->pid());
  CHECK(now["generation"] == 2);
  CHECK(upgraded.output == "upgraded: pid " + std::to_string(now["pid"].get<int>()) + "\n");
  for (int i = 0; i < 20; ++i) CHECK(server->connect(static_cast<std::size_t>(i % 2)).get("/").body == "new");
  for (RawClient& client : clients) CHECK(client.get("/").body == "new");
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK_FALSE(fs::exists(path));
  CHECK_FALSE(fs::exists(folder / "control"));
}

TEST_CASE("what a PROXY header has told goes with a connection to another program, and one that was not read is read there") {
  const TemporaryFolder folder;
  const std::string only_for_client = R"(, "trusted_proxies": ["127.0.0.1"],
      "middlewares": [{"name": "access", "options": {"allow": ["203.0.113.7"]}}])";
  const std::string header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n";
  write_configuration(folder, answering("old") + only_for_client, R"({"address": "127.0.0.1:0", "proxy_protocol": true})");
  Upgradable server(folder);
  std::vector<RawClient> clients;
  std::vector<RawClient> unread;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server->connect());
    clients.back().send(header);
    if (i % 2 == 0) REQUIRE(clients.back().get("/").status == 200);
    unread.push_back(server->connect());
  }
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(server->wait() == 0);
  for (RawClient& client : clients) CHECK(client.get("/").status == 200);
  for (RawClient& client : unread) CHECK(client.exchange(header + "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
}

TEST_CASE("a service manager follows a reload and an upgrade to the end") {
  const TemporaryFolder folder;
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder / "notify").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{20, 0};
  ::setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto next = [manager] {  // but for pings
    for (;;) {
      char buffer[512];
      const ssize_t size = ::recv(manager, buffer, sizeof buffer, 0);
      const std::string text(buffer, static_cast<std::size_t>(std::max<ssize_t>(0, size)));
      if (text != "WATCHDOG=1") return text.substr(0, text.find('\n'));
    }
  };
  write_configuration(folder, answering("answer") + R"(, "limits": {"connections": 99})");
  ::setenv("NOTIFY_SOCKET", (folder / "notify").c_str(), 1);
  ::setenv("WATCHDOG_USEC", "1000000", 1);
  Upgradable server(folder);
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  CHECK(next() == "READY=1");
  write_configuration(folder, R"("routez": 1)");
  CHECK(command(folder, {"reload", "--wait", "--control", folder / "control"}).exit_code == 2);
  CHECK(next() == "RELOADING=1");
  CHECK(next() == "READY=1");
  write_configuration(folder, answering("answer"));
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  const auto pid = std::to_string(status(folder)["pid"].get<int>());
  std::vector<std::string> told{next(), next()};
  std::sort(told.begin(), told.end());  // both say it, each for itself
  CHECK(told == std::vector<std::string>{"MAINPID=" + pid, "READY=1"});
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK(next() == "STOPPING=1");
  ::close(manager);
}

TEST_CASE("an upgrade that fails leaves the old program serving") {
  const TemporaryFolder folder;
  const std::string path = folder / "socket";
  const std::string both = R"("127.0.0.1:0", "unix:)" + path + "\"";
  write_configuration(folder, answering("old"), both);
  Upgradable server(folder);
  RawClient client = server->connect();
  const auto workers = server->workers(model);
  const auto check_unharmed = [&](const std::string& reason) {
    INFO(reason);
    const Finished failed = command(folder, {"upgrade", "--wait"});
    CHECK(failed.exit_code == 1);
    CHECK(failed.error.find(reason) != std::string::npos);
    CHECK(client.get("/").body == "old");
    for (std::size_t i = 0; i < 20; ++i) CHECK(server->connect(i % 2).get("/").body == "old");
    CHECK(status(folder)["pid"] == server->pid());
    CHECK(eventually([&] { return server->workers(model) == workers; }));
  };
  Upgradable::install_script(folder, "exit 3");
  check_unharmed("exited with code 3");
  fs::remove(folder / "bin");
  check_unharmed("exited with code 1");  // there is no program
  Upgradable::install(folder);
  write_configuration(folder, R"("control": "control", "routez": [])", both);
  check_unharmed("exited with code 2");
  write_configuration(folder, answering("new"), R"("192.0.2.1:0")");
  check_unharmed("exited with code 1");
  Upgradable::install_script(folder, "kill -9 $$");
  check_unharmed("SIGKILL");

  Upgradable::install(folder);
  write_configuration(folder, answering("new"), both);
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(server->wait() == 0);  // it has handed its connections over
  CHECK(client.get("/").body == "new");
}

TEST_CASE("while the program is upgraded under load, no request fails") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("answer"));
  Upgradable server(folder);
  StrictClient::Options options;
  options.keep_alive = 64;
  options.body = "answer";
  StrictClient client(server->address(), options);
  auto pid = static_cast<int>(server->pid());
  for (int round = 0; round < 5; ++round) {
    REQUIRE(::kill(pid, SIGUSR2) == 0);
    REQUIRE(wait_for_end_of(pid));
    pid = status(folder)["pid"];
  }
  const StrictClient::Counts counts = client.finish();
  MESSAGE(counts.answered, " answered (", counts.answered_once, " on connections of their own)");
  CHECK(counts.answered_once > 0);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
  CHECK(status(folder)["generation"] == 6);
}

// A program that waits for the file "go" before it becomes the real one.
void install_late(const TemporaryFolder& folder) {
  Upgradable::install_script(folder, "echo $$ > started; while ! [ -e go ]; do sleep 0.01; done; exec '" + program() + "' \"$@\"");
}

TEST_CASE("what is asked for while a new program starts is its business when it has taken the place") {
  const TemporaryFolder folder;
  write_configuration(folder,
                      R"("log": {"access": {"file": "access.log"}, "level": "warning"}, "control": "control", "canary": {"percent": 0},
                      "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "old"}}])");
  Upgradable server(folder);
  install_late(folder);
  server->signal(SIGUSR2);
  REQUIRE(eventually([&] { return fs::exists(folder / "started"); }));
  CHECK(status(folder)["pid"] == server->pid());  // the old one answers
  server->signal(SIGHUP);
  CHECK(command(folder, {"reload"}).exit_code == 0);
  fs::rename(folder / "access.log", folder / "access.log.1");
  CHECK(command(folder, {"reopen"}).exit_code == 0);
  REQUIRE(eventually([&] { return fs::exists(folder / "access.log"); }));
  fs::rename(folder / "access.log", folder / "access.log.2");
  std::ofstream(folder / "go") << "go";
  CHECK(server->wait() == 0);
  CHECK(eventually([&] { return status(folder)["generation"] == 3; }));
  CHECK(eventually([&] { return fs::exists(folder / "access.log"); }));
}

TEST_CASE("a stop while a new program starts ends both, also by command") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  install_late(folder);
  server->signal(SIGUSR2);
  REQUIRE(eventually([&] { return fs::exists(folder / "started") && !read_file(folder / "started").empty(); }));
  const pid_t started = std::stoi(read_file(folder / "started"));
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK(server->wait() == 0);
  CHECK(wait_for_end_of(started));
}

TEST_CASE("an address that the new program does not have refuses newcomers, though the old one is busy") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  RawClient upload = begun_upload(*server);
  write_configuration(folder, answering("new"), R"("127.0.0.2:0")");
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(eventually([&] {
    try {
      (void)server->connect();
      return false;
    } catch (const std::runtime_error&) { return true; }
  }));
  upload.send("34");
  CHECK(upload.read_response().body == "old");
}

TEST_CASE("a fast stop of the new program ends what the old one still finishes") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  RawClient upload = begun_upload(*server);
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(command(folder, {"stop", "--fast", "--wait"}).exit_code == 0);
  CHECK(server->wait(std::chrono::seconds(15)) == 0);
}

TEST_CASE("where the new program is killed while the old one finishes, the address refuses newcomers, and is free") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  RawClient upload = begun_upload(*server);
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  REQUIRE(::kill(status(folder)["pid"].get<int>(), SIGKILL) == 0);
  CHECK(eventually([&] {
    try {
      (void)server->connect();
      return false;
    } catch (const std::runtime_error&) { return true; }
  }));
  const std::string address = server->urls()[0].substr(std::string("http://").size());
  write_configuration(folder, answering("again"), "\"" + address + "\"");
  const ServerProcess next({"run"}, folder / ".", folder / "bin");
  CHECK(next.connect().get("/").body == "again");
  upload.send("34");
  CHECK(upload.read_response().body == "old");
  next.signal(SIGTERM);
}

TEST_CASE("a configuration without a supervisor cannot take the place of one with") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  std::ofstream(folder / "ropeway.json") << R"({"processes": 0, )" << answering("new") << "}";
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 1);
  CHECK(server->standard_error().find("needs a restart") != std::string::npos);
  CHECK(server->connect().get("/").body == "old");
}

TEST_CASE("a signal to stop while a new program starts ends both") {
  const TemporaryFolder folder;
  write_configuration(folder, answering("old"));
  Upgradable server(folder);
  Upgradable::install_script(folder, "echo $$ > started; exec sleep 60");
  server->signal(SIGUSR2);
  REQUIRE(eventually([&] { return fs::exists(folder / "started") && !read_file(folder / "started").empty(); }));
  const pid_t started = std::stoi(read_file(folder / "started"));
  CHECK(server->connect().get("/").body == "old");
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
  CHECK(wait_for_end_of(started));
}

}  // namespace upgrade_test
