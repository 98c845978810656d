// Handlers that hold the event loop: the other workers serve, and the log says whose fault it is.

#include <doctest/doctest.h>

#include <string>

#include "tests/support/server_process.hpp"

namespace stall_test {

using namespace ropeway::testing;

namespace {

constexpr const char* routes = R"("routes": [
  {"match": "GET /hang/{name}", "handler": "hang"},
  {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

RawClient hang(const ServerProcess& server) {
  RawClient client = server.connect();
  client.send("GET /hang/x?secret HTTP/1.1\r\nHost: test\r\n\r\n");
  return client;
}

}  // namespace

TEST_CASE("new connections are served while a handler holds all threads of a worker, and the log names the handler and where it is") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{2, 1}, Model{3, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("stall": {"warn": "300ms"},)") + routes, {}, unruly_program());
    std::vector<RawClient> hanging;
    for (unsigned i = 0; i < model.threads; ++i) hanging.push_back(hang(*server));
    for (int i = 0; i < 60; ++i) CHECK(server->connect().get("/ok").body == "answer");
    CHECK(eventually([&] { return count(server->standard_error(), "a handler holds an I/O thread") == model.threads; }));
    const std::string log = server->standard_error();
    CHECK(has(log, "handler=hang"));
    CHECK(has(log, "GET /hang/x"));
    CHECK_FALSE(has(log, "secret"));
    CHECK(has(log, "Hang::handle"));
    server->signal(SIGINT);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a handler that keeps holding the event loop for a while each time runs on the pool from then on") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{0, 1}, Model{1, 1}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, R"("blocking": {"take_over": "50ms"},
      "routes": [{"match": "/", "handler": "dawdle", "options": {"for": "40ms"}}])",
                                           {}, unruly_program());
    RawClient client = server->connect();
    const std::string loop = client.get("/").body;
    CHECK(client.get("/").body == loop);
    const std::string pool = client.get("/").body;
    CHECK(pool != loop);
    CHECK_FALSE(pool.empty());
    CHECK(client.get("/").body != loop);
    CHECK(eventually([&] { return count(server->standard_error(), "a handler keeps holding the event loop") == 1; }));
    CHECK(has(server->standard_error(), "handler=dawdle"));
    server->signal(SIGINT);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("connections that wait behind a handler that holds the worker are served by the others") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, routes, {}, unruly_program());
  const RawClient hanging = hang(*server);
  REQUIRE(eventually([&] { return has(server->standard_error(), "this handler hangs"); }));
  std::vector<RawClient> clients;  // half of them to the worker that is held
  for (int i = 0; i < 30; ++i) {
    clients.push_back(server->connect());
    clients.back().send("GET /ok HTTP/1.1\r\nHost: test\r\n\r\n");
  }
  for (RawClient& client : clients) CHECK(client.read_response().body == "answer");
  CHECK(eventually([&] { return has(server->standard_error(), "is held by handlers"); }));
  server->signal(SIGINT);
  CHECK(server->wait() == 0);
}

TEST_CASE("a worker that is held for too long is killed and replaced") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{1, 1}, Model{2, 1}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("stall": {"kill": "500ms"},)") + routes, {}, unruly_program());
    RawClient hanging = hang(*server);
    CHECK(hanging.ends_without_more());
    CHECK(eventually([&] { return has(server->standard_error(), "was inside a handler when it died"); }));
    CHECK(eventually([&] { return server->workers(model).size() == model.processes; }));
    for (int i = 0; i < 20; ++i) CHECK(server->connect().get("/ok").body == "answer");
    CHECK(has(server->standard_error(), "handler=hang"));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

}  // namespace stall_test
