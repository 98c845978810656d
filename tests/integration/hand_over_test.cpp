// Connections of a worker that ends while its siblings serve on: their clients notice nothing.

#include <doctest/doctest.h>

#include <signal.h>

#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace hand_over_test {

using namespace ropeway::testing;

namespace {

const std::string routes = R"("log": {"level": "warning"},
  "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

bool ends(pid_t pid) {
  return eventually([pid] { return ::kill(pid, 0) != 0; });
}

// Ends the workers of now one after another, each when the one before has been replaced.
void end_each(const ServerProcess& server, const Model& model) {
  for (const pid_t worker : server.workers(model)) {
    REQUIRE(::kill(worker, SIGTERM) == 0);
    REQUIRE(ends(worker));
    REQUIRE(eventually([&] { return server.workers(model).size() == model.processes; }));
  }
}

}  // namespace

TEST_CASE("connections between two requests go on at a sibling, also those without a first request") {
  for (const Model model : {Model{1, 1}, Model{3, 1}, Model{2, 3}}) {
    INFO(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, routes);
    std::vector<RawClient> used;
    std::vector<RawClient> fresh;
    for (int i = 0; i < 40; ++i) {
      used.push_back(server->connect());
      REQUIRE(used.back().get("/").body == "answer");
      fresh.push_back(server->connect());
    }
    end_each(*server, model);
    for (RawClient& client : used) {
      const RawResponse response = client.get("/");
      CHECK(response.body == "answer");
      CHECK_FALSE(response.has("connection"));
    }
    for (RawClient& client : fresh) CHECK(client.get("/").body == "answer");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    CHECK(server->complaints() == "");
  }
}

TEST_CASE("a request that has begun is answered by the worker that has it, and the connection goes on") {
  const Model model{3, 2};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, routes);
  std::vector<RawClient> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(server->connect());
    REQUIRE(clients.back().get("/").body == "answer");
    clients.back().send("GET / HTTP/1.1\r\nHo");
  }
  const auto workers = server->workers(model);
  for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGTERM) == 0);
  for (RawClient& client : clients) {
    client.send("st: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_response().body == "answer");
    CHECK(client.read_response().body == "answer");
  }
  for (const pid_t worker : workers) CHECK(ends(worker));
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
}

TEST_CASE("a worker takes no more connections than it may have; the others wait for one that has room") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, routes + R"(, "limits": {"connections": 30})");
  std::vector<RawClient> clients;
  for (int i = 0; i < 40; ++i) {  // steering spreads them, so that none has more than 30
    clients.push_back(server->connect());
    if (const RawResponse response = clients.back().get("/"); response.body != "answer") clients.pop_back();
  }
  REQUIRE(clients.size() >= 30);
  end_each(*server, model);
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
}

TEST_CASE("a connection keeps its count of requests") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, routes + R"(, "limits": {"requests_per_connection": 3})");
  RawClient client = server->connect();
  CHECK_FALSE(client.get("/").has("connection"));
  end_each(*server, model);
  CHECK_FALSE(client.get("/").has("connection"));
  end_each(*server, model);
  CHECK(client.get("/").field("connection") == "close");
}

TEST_CASE("more connections than fit into the channel at once are handed over") {
  const Model model{2, 1};
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, routes);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3000; ++i) {
    clients.push_back(server->connect());
    REQUIRE(clients.back().get("/").body == "answer");
  }
  end_each(*server, model);
  for (RawClient& client : clients) CHECK(client.get("/").body == "answer");
}

TEST_CASE("while workers are ended under load, no request fails") {
  const TemporaryFolder folder;
  const Model model{3, 2};
  const auto server = ServerProcess::run(model, folder, routes);
  StrictClient::Options options;
  options.keep_alive = 128;
  options.body = "answer";
  StrictClient client(server->address(), options);
  for (int round = 0; round < 4; ++round) end_each(*server, model);
  const StrictClient::Counts counts = client.finish();
  MESSAGE(counts.answered, " answered (", counts.answered_once, " on connections of their own)");
  CHECK(counts.answered_once > 0);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

}  // namespace hand_over_test
