// A new configuration while the server serves (SIGHUP).

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace reload_test {

using namespace ropeway::testing;

namespace {

const std::string no_canary = R"("canary": {"percent": 0}, )";

std::string answering(const std::string& body, const std::string& more = no_canary) {
  return more + R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": ")" + body + R"("}}])";
}

// Puts a new configuration in the place of the running one, as an editor does: at once.
void write_configuration(const TemporaryFolder& folder, const Model& model, const std::string& members,
                         const std::string& listen = R"("127.0.0.1:0")") {
  const std::string next = folder / "next.json";
  std::ofstream(next) << "{\"processes\": " << model.processes << ", \"threads\": " << model.threads << ", \"listen\": [" << listen << "], "
                      << members << "}";
  std::filesystem::rename(next, folder / "ropeway.json");
}

std::size_t count_of(const ServerProcess& server, const std::string& part) {
  const std::string text = server.standard_error();
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Asks for a reload and waits for its end, which the log tells.
void reload(const ServerProcess& server, const std::string& end = "reload: done") {
  const std::size_t before = count_of(server, end);
  server.signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(server, end) > before; }));
}

bool has_workers(const ServerProcess& server, const Model& model) {
  return eventually([&] { return server.workers(model).size() == model.processes; });
}

}  // namespace

TEST_CASE("a reload brings the new configuration, with new workers, and connections stay") {
  for (const Model model : {Model{1, 1}, Model{1, 3}, Model{3, 2}}) {
    INFO(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, answering("old"));
    const auto before = server->workers(model);
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(server->connect());
      REQUIRE(clients.back().get("/").body == "old");
    }
    write_configuration(folder, model, answering("new"));
    reload(*server);
    for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/").body == "new");
    for (RawClient& client : clients) CHECK(client.get("/").body == "new");
    REQUIRE(has_workers(*server, model));
    for (const pid_t worker : server->workers(model)) CHECK(std::ranges::find(before, worker) == before.end());
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a configuration with mistakes changes nothing, and the log says why") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  const auto before = server->workers(model);
  write_configuration(folder, model, R"("routez": [])");
  reload(*server, "refused");
  CHECK(eventually([&] { return count_of(*server, "routez") > 0 && count_of(*server, "did you mean \"routes\"") > 0; }));
  write_configuration(folder, model, answering("new"), R"("192.0.2.1:0")");
  reload(*server, "no such address");
  write_configuration(folder, model, R"("routes": [{"match": "/", "handler": "static_files", "options": {"root": "nowhere"}}])");
  reload(*server, "nowhere");
  write_configuration(folder, {0, 1}, answering("new"));
  reload(*server, "needs a restart");
  std::filesystem::remove(folder / "ropeway.json");
  reload(*server, "No such file");
  CHECK(server->connect().get("/").body == "old");
  CHECK(server->workers(model) == before);
  write_configuration(folder, model, answering("new"));
  reload(*server);
  CHECK(server->connect().get("/").body == "new");
}

TEST_CASE("a reload changes how many processes and threads there are") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder, answering("2"));
  for (const Model model : {Model{4, 2}, Model{1, 3}, Model{3, 1}, Model{5, 1}}) {
    const std::string body = std::to_string(model.processes);
    write_configuration(folder, model, answering(body));
    reload(*server);
    CHECK(has_workers(*server, model));
    for (int i = 0; i < 50; ++i) CHECK(server->connect().get("/").body == body);
  }
}

TEST_CASE("a reload opens further addresses and closes those that are no more") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const std::string path = folder / "socket";
  const std::string both = R"("127.0.0.1:0", "unix:)" + path + "\"";
  const auto server = ServerProcess::run(model, folder, answering("old"));
  RawClient client = server->connect();
  REQUIRE(client.get("/").body == "old");
  write_configuration(folder, model, answering("both"), both);
  reload(*server);
  CHECK(server->connect().get("/").body == "both");
  for (int i = 0; i < 20; ++i) CHECK(RawClient(SocketAddress::from_url("unix:" + path)).get("/").body == "both");
  write_configuration(folder, model, answering("one"), "\"unix:" + path + "\"");
  reload(*server);
  CHECK(RawClient(SocketAddress::from_url("unix:" + path)).get("/").body == "one");
  CHECK(eventually([&] {
    try {
      (void)server->connect();
      return false;
    } catch (const std::runtime_error&) { return true; }
  }));
  CHECK(client.get("/").body == "one");  // a connection is no address
  write_configuration(folder, model, answering("none"));
  reload(*server);
  CHECK(eventually([&] { return !std::filesystem::exists(path); }));
}

TEST_CASE("an address goes from one interface to all, and back, and no request fails, also where an old worker is still busy") {
  const TemporaryFolder folder;
  const Model model{2, 2};
  const auto server = ServerProcess::run(model, folder, answering("answer"));
  const std::string port = server->urls()[0].substr(server->urls()[0].rfind(':'));
  StrictClient::Options options;
  options.keep_alive = 16;
  options.new_every = std::chrono::microseconds(2000);
  options.body = "answer";
  StrictClient client(server->address(), options);
  std::vector<RawClient> uploads;
  for (const std::string host : {"0.0.0.0", "127.0.0.1", "0.0.0.0"}) {
    uploads.push_back(server->connect());
    uploads.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n12");
    REQUIRE(uploads.back().read_response().status == 100);
    write_configuration(folder, model, answering("answer"), "\"" + host + port + "\"");
    reload(*server);
    for (int i = 0; i < 20; ++i) CHECK(server->connect().get("/").body == "answer");
    uploads.back().send("34");
    CHECK(uploads.back().read_response().body == "answer");
  }
  const StrictClient::Counts counts = client.finish();
  CHECK(counts.answered_once > 0);
  CHECK(counts.wrong + counts.truncated + counts.late == 0);
  // A connection that is made in the very moment in which an address goes may be reset.
  CHECK(counts.refused + counts.unanswered <= 3);
}

TEST_CASE("an address that is no more refuses newcomers at once, though old workers are busy") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  RawClient upload = server->connect();
  upload.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n12");
  REQUIRE(upload.read_response().status == 100);
  write_configuration(folder, model, answering("new"), R"("127.0.0.2:0")");
  reload(*server);
  CHECK_THROWS_AS((void)server->connect(), std::runtime_error);
  upload.send("34");
  CHECK(upload.read_response().body == "old");
}

TEST_CASE("a configuration that is no file, and would be waited for, is refused") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, answering("old"));
  std::filesystem::remove(folder / "ropeway.json");
  REQUIRE(::mkfifo((folder / "ropeway.json").c_str(), 0600) == 0);
  reload(*server, "no regular file");
  CHECK(server->connect().get("/").body == "old");
}

TEST_CASE("a canary that stands still at the end of its trial ends the reload") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  const auto before = server->workers(model);
  write_configuration(folder, model, answering("new", R"("canary": {"percent": 50, "duration": "500ms"}, "timeouts": {"drain": "1s"}, )"));
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(*server, "serves beside") > 0; }));
  for (const pid_t worker : server->workers(model)) {
    if (std::ranges::find(before, worker) == before.end()) CHECK(::kill(worker, SIGSTOP) == 0);
  }
  CHECK(eventually([&] { return count_of(*server, "stands still") > 0; }));
  CHECK(eventually([&] { return server->workers(model) == before; }));  // it is killed when it does not end
  CHECK(server->connect().get("/").body == "old");
}

TEST_CASE("a folder that was replaced by name is the new one after a reload") {
  const TemporaryFolder folder;
  for (const std::string name : {"first", "second"}) {
    std::filesystem::create_directories(folder / name + "/site");
    std::ofstream(folder / name + "/site/page.txt") << name;
    std::ofstream(folder / name + "/ropeway.json") << R"({"processes": 2, "threads": 1, "listen": ["127.0.0.1:0"], "canary": {"percent": 0},
               "routes": [{"match": "GET /{path...}", "handler": "static_files", "options": {"root": "site"}}]})";
  }
  std::filesystem::create_symlink("first", folder / "current");
  for (const std::string& configuration : {std::string("ropeway.json"), folder / "current/ropeway.json"}) {
    std::filesystem::remove(folder / "current");
    std::filesystem::create_symlink("first", folder / "current");
    // As a shell does it: it knows the folder by the name that it was given.
    const ServerProcess server({"-c", R"(cd "$0" && exec "$@")", folder / "current", program(), "run", "--config", configuration},
                               folder / ".", "/bin/sh");
    REQUIRE(server.connect().get("/page.txt").body == "first");
    std::filesystem::create_symlink("second", folder / "next");
    std::filesystem::rename(folder / "next", folder / "current");
    reload(server);
    for (int i = 0; i < 10; ++i) CHECK(server.connect().get("/page.txt").body == "second");
    for (const pid_t worker : server.workers({2, 1})) CHECK(::kill(worker, SIGKILL) == 0);
    CHECK(server.connect().get("/page.txt").body == "second");
  }
}

TEST_CASE("a canary whose answers are errors ends the reload, and only its share of clients sees it") {
  const TemporaryFolder folder;
  const Model model{3, 1};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  const auto before = server->workers(model);
  write_configuration(folder, model,
                      R"("canary": {"percent": 20, "duration": "1m"},
                      "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "bad", "status": 500}}])");
  server->signal(SIGHUP);
  int errors = 0;
  int all = 0;
  REQUIRE(eventually([&] {
    for (int i = 0; i < 10; ++i, ++all) errors += server->connect().get("/").status == 500 ? 1 : 0;
    return count_of(*server, "reload: taken back") > 0;
  }));
  CHECK(errors >= 3);
  CHECK(errors < all / 2);
  CHECK(eventually([&] { return server->workers(model) == before; }));
  for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/").body == "old");
}

TEST_CASE("a canary whose answers take far longer than the others' ends the reload, unless that is not compared") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const std::string old = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";
  const auto server = ServerProcess::run(model, folder, old, {}, unruly_program());
  StrictClient::Options options;
  options.keep_alive = 8;
  options.new_every = std::chrono::microseconds(2000);
  options.body = "answer";
  StrictClient client(server->address(), options);
  const auto slower_configuration = [&](const std::string& times) {
    write_configuration(folder, model, R"("canary": {"percent": 50, "duration": "1s", "slower": )" + times + R"(},
                        "routes": [{"match": "/", "handler": "slow", "options": {"after": "200ms"}}])");
  };
  slower_configuration("4");
  reload(*server, "reload: taken back");
  CHECK(count_of(*server, "canary.slower") == 1);
  slower_configuration("0");
  reload(*server);
  const StrictClient::Counts counts = client.finish();
  CHECK(counts.answered > 0);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
}

TEST_CASE("a canary that dies ends the reload") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  auto before = server->workers(model);
  write_configuration(folder, model, answering("new", R"("canary": {"percent": 50, "duration": "1m"}, )"));
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(*server, "serves beside") > 0; }));
  for (const pid_t worker : server->workers(model)) {
    if (std::ranges::find(before, worker) == before.end()) CHECK(::kill(worker, SIGKILL) == 0);
  }
  CHECK(eventually([&] { return count_of(*server, "reload: taken back") > 0; }));
  for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/").body == "old");
  CHECK(server->workers(model) == before);
}

TEST_CASE("a canary that does well is followed by all others; a second reload comes after the first") {
  const TemporaryFolder folder;
  const Model model{2, 2};
  const auto server = ServerProcess::run(model, folder, answering("old"));
  write_configuration(folder, model, answering("second", R"("canary": {"percent": 10, "duration": "100ms"}, )"));
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(*server, "serves beside") > 0; }));
  write_configuration(folder, model, answering("third", R"("canary": {"percent": 10, "duration": "100ms"}, )"));
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return count_of(*server, "reload: done") == 2; }));
  for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/").body == "third");
  CHECK(has_workers(*server, model));
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

TEST_CASE("a stop during a reload ends everything") {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TemporaryFolder folder;
    const Model model{2, 1};
    const auto server = ServerProcess::run(model, folder, answering("old"));
    write_configuration(folder, model, answering("new", R"("canary": {"percent": 10, "duration": "1m"}, )"));
    server->signal(SIGHUP);
    REQUIRE(eventually([&] { return count_of(*server, "serves beside") > 0; }));
    const auto workers = server->workers(model);
    CHECK(workers.size() == 3);
    server->signal(signal);
    CHECK(server->wait() == 0);
    for (const pid_t worker : workers) CHECK(eventually([&] { return ::kill(worker, 0) != 0; }));
  }
}

TEST_CASE("while the configuration is reloaded under load, no request fails, and nothing is left behind") {
  const TemporaryFolder folder;
  const Model model{3, 2};
  const auto descriptors_of = [](pid_t process) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
    return std::distance(begin(all), end(all));
  };
  const auto server = ServerProcess::run(model, folder, answering("answer"));
  const auto descriptors = descriptors_of(server->pid());
  StrictClient::Options options;
  options.keep_alive = 64;
  options.body = "answer";
  StrictClient client(server->address(), options);
  for (int round = 0; round < 6; ++round) {
    write_configuration(folder, {model.processes + (round % 2 == 0 ? 1U : 0U), 2}, answering("answer"));
    reload(*server);
  }
  const StrictClient::Counts counts = client.finish();
  MESSAGE(counts.answered, " answered (", counts.answered_once, " on connections of their own)");
  CHECK(counts.answered_once > 0);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
  REQUIRE(has_workers(*server, model));
  // The listener of the slot that the fourth worker had stays.
  CHECK(eventually([&] { return descriptors_of(server->pid()) <= descriptors + 1; }));
}

}  // namespace reload_test
