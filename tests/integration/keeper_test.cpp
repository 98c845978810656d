// Connections that outlive their worker (`keeper`).

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/server_process.hpp"

namespace keeper_test {

using namespace ropeway::testing;

namespace {

const std::string configuration = R"("keeper": true, "log": {"level": "error"},
  "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

namespace fs = std::filesystem;

std::size_t descriptors_of(pid_t process) {
  const fs::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Whether it has opened the last of what it opens for itself.
bool has_begun(pid_t keeper) {
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(keeper) + "/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry, gone) == "anon_inode:[eventpoll]") return true;
  }
  return false;
}

struct Kept {
  std::unique_ptr<ServerProcess> server;
  pid_t keeper;
  std::size_t descriptors;  // of the keeper, without connections
};

Kept start(const Model& model, const TemporaryFolder& folder, const std::string& more = "") {
  Kept kept{ServerProcess::run(model, folder, configuration + more), 0, 0};
  REQUIRE(eventually([&] { return kept.server->keepers().size() == 1; }));
  kept.keeper = kept.server->keepers().front();
  REQUIRE(eventually([&] { return has_begun(kept.keeper); }));
  kept.descriptors = descriptors_of(kept.keeper);
  return kept;
}

bool holds(const Kept& kept, std::size_t connections) {
  return eventually([&] { return descriptors_of(kept.keeper) == kept.descriptors + connections; });
}

// Whether every thread of the process waits for something to do. An answer may be at its client before its worker has gone on.
bool is_asleep(pid_t process) {
  for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    const std::string text = read_file((thread.path() / "stat").string());
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end, 4) != ") S ") return false;
  }
  return true;
}

// One after the other, each when the others have taken over what there was: one that is killed while it takes a connection loses it.
void kill_each_worker(const ServerProcess& server, const Model& model) {
  for (const pid_t worker : server.workers(model)) {
    REQUIRE(eventually([&] {
      const auto all = server.workers(model);
      return all.size() == model.processes && std::ranges::all_of(all, is_asleep);
    }));
    REQUIRE(::kill(worker, SIGKILL) == 0);
    REQUIRE(wait_for_end_of(worker));
  }
}

// Connections that have asked twice, and so are kept.
std::vector<RawClient> keep_some(const ServerProcess& server) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server.connect());
    for (int request = 0; request < 2; ++request) REQUIRE(clients.back().get("/").body == "answer");
  }
  return clients;
}

}  // namespace

TEST_CASE("connections between two requests go on when all workers have been killed") {
  for (const Model model : {Model{1, 1}, Model{3, 1}, Model{2, 3}}) {
    INFO(model.name());
    const TemporaryFolder folder;
    const Kept kept = start(model, folder);
    std::vector<RawClient> clients;
    for (int i = 0; i < 40; ++i) {
      clients.push_back(kept.server->connect());
      for (int request = 0; request <= i % 3; ++request) REQUIRE(clients.back().get("/").body == "answer");
    }
    REQUIRE(holds(kept, clients.size()));  // those that have asked once, too, after a while
    for (int round = 0; round < 2; ++round) {
      kill_each_worker(*kept.server, model);
      for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
      REQUIRE(eventually([&] { return kept.server->workers(model).size() == model.processes; }));
      CHECK(holds(kept, clients.size()));
    }
    clients.clear();
    CHECK(holds(kept, 0));
    kept.server->signal(SIGTERM);
    CHECK(kept.server->wait() == 0);
    CHECK(wait_for_end_of(kept.keeper));
  }
}

TEST_CASE("a request that was sent to a worker that stands still is answered by another when it is killed") {
  const Model model{1, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder);
  RawClient client = kept.server->connect();
  for (int i = 0; i < 2; ++i) REQUIRE(client.get("/").body == "answer");
  REQUIRE(holds(kept, 1));
  const pid_t worker = kept.server->workers(model).front();
  REQUIRE(::kill(worker, SIGSTOP) == 0);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(::kill(worker, SIGKILL) == 0);
  CHECK(client.read_response().body == "answer");
}

TEST_CASE("a connection whose request a dead worker had read is closed") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder);
  RawClient client = kept.server->connect();
  for (int i = 0; i < 2; ++i) REQUIRE(client.get("/").body == "answer");
  REQUIRE(holds(kept, 1));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(client.read_response().status == 100);
  kill_each_worker(*kept.server, model);
  CHECK(client.ends_without_more());
  CHECK(holds(kept, 0));
}

TEST_CASE("what the server closes, its client sees closed") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder, R"(, "timeouts": {"idle": "1s"}, "limits": {"requests_per_connection": 3})");
  RawClient idle = kept.server->connect();
  for (int i = 0; i < 2; ++i) REQUIRE(idle.get("/").body == "answer");
  RawClient last = kept.server->connect();
  for (int i = 0; i < 3; ++i) REQUIRE(last.get("/").body == "answer");
  CHECK(last.ends_without_more());
  CHECK(idle.ends_without_more());
  CHECK(holds(kept, 0));
}

TEST_CASE("handed over connections are kept once, and the keeper is let go of them") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder);
  std::vector<RawClient> clients = keep_some(*kept.server);
  for (const pid_t worker : kept.server->workers(model)) {
    REQUIRE(::kill(worker, SIGTERM) == 0);
    REQUIRE(wait_for_end_of(worker));
  }
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
  CHECK(holds(kept, clients.size()));
  kill_each_worker(*kept.server, model);
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
  clients.clear();
  CHECK(holds(kept, 0));
}

TEST_CASE("a keeper that is killed is replaced, and harms no connection") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder);
  std::vector<RawClient> clients = keep_some(*kept.server);
  REQUIRE(::kill(kept.keeper, SIGKILL) == 0);
  REQUIRE(eventually([&] {
    const auto keepers = kept.server->keepers();
    return keepers.size() == 1 && keepers.front() != kept.keeper;
  }));
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");  // and they are kept again
  const pid_t keeper = kept.server->keepers().front();
  REQUIRE(eventually([&] { return descriptors_of(keeper) >= clients.size(); }));
  kill_each_worker(*kept.server, model);
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
}

TEST_CASE("connections live on with workers that have no keeper, after a reload") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder, R"(, "canary": {"percent": 0})");
  std::vector<RawClient> clients = keep_some(*kept.server);
  REQUIRE(holds(kept, clients.size()));
  const auto before = kept.server->workers(model);
  std::string text = read_file(folder / "ropeway.json");
  text.replace(text.find("\"keeper\": true"), std::string("\"keeper\": true").size(), "\"keeper\": false");
  std::ofstream(folder / "ropeway.json") << text;
  kept.server->signal(SIGHUP);
  for (const pid_t worker : before) REQUIRE(wait_for_end_of(worker));
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
  CHECK(holds(kept, 0));  // the keeper lets go of them
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
}

TEST_CASE("what a PROXY header has told goes with a connection whose worker was killed") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const Kept kept = start(model, folder,
                          R"(, "listen": [{"address": "127.0.0.1:0", "proxy_protocol": true}], "trusted_proxies": ["127.0.0.1"],
      "middlewares": [{"name": "access", "options": {"allow": ["203.0.113.7"]}}])");
  std::vector<RawClient> clients;
  std::vector<RawClient> of_nobody;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(kept.server->connect());
    clients.back().send("PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n");
    of_nobody.push_back(kept.server->connect());
    of_nobody.back().send("PROXY UNKNOWN\r\n");
    for (int request = 0; request < 2; ++request) {
      REQUIRE(clients.back().get("/").status == 200);
      REQUIRE(of_nobody.back().get("/").status == 403);
    }
  }
  REQUIRE(holds(kept, 20));
  for (int round = 0; round < 2; ++round) {
    kill_each_worker(*kept.server, model);
    for (RawClient& client : clients) CHECK(client.get("/").status == 200);
    for (RawClient& client : of_nobody) CHECK(client.get("/", "X-Forwarded-For: 203.0.113.7\r\n").status == 403);
    REQUIRE(eventually([&] { return kept.server->workers(model).size() == model.processes; }));
    CHECK(holds(kept, 20));
  }
}

}  // namespace keeper_test
