// Handlers that run in a child process of their own for each request: what becomes of it when they misbehave.

#include <doctest/doctest.h>

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace isolated_test {

using namespace ropeway::testing;

namespace {

std::string routes(const std::string& limits = "") {
  return R"("routes": [
  {"match": "/isolated/{deed}", "handler": "isolated", "options": {"limits": {)" +
         limits + R"(}}},
  {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])";
}

std::unique_ptr<ServerProcess> start(const Model& model, const TemporaryFolder& folder, const std::string& limits = "") {
  return ServerProcess::run(model, folder, routes(limits), {}, unruly_program());
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Whether that comes to stand in the log, which may be later than the answer.
bool logs(const ServerProcess& server, const std::string& part) {
  return eventually([&] { return has(server.standard_error(), part); }, std::chrono::seconds(10));
}

RawResponse ask(RawClient& client, const std::string& deed) { return client.get("/isolated/" + deed); }

// The only child of that process.
pid_t only_child_of(pid_t parent) {
  REQUIRE(eventually([&] { return children_of(parent).size() == 1; }));
  return children_of(parent).front();
}

}  // namespace

TEST_CASE("a request reaches an isolated handler whole, and its answer comes back whole, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder);
    RawClient client = server->connect();
    const std::string body(100'000, 'b');
    const RawResponse response = client.exchange("POST /isolated/a%20b?q=1 HTTP/1.1\r\nHost: name\r\nX-Given: this\r\nContent-Length: " +
                                                 std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(response.status == 202);
    CHECK(response.field("X-Told") == "yes");
    CHECK(response.body == "POST /isolated/a%20b?q=1 /isolated/a b name this 127.0.0.1\n" + body);
    CHECK(client.exchange("HEAD /isolated/x HTTP/1.1\r\nHost: t\r\n\r\n").status == 202);
    CHECK(ask(client, "large").body == std::string(3'000'000, 'x'));
    CHECK(client.get("/isolated/file?path=" + folder.write("content.txt", "of a file")).body == "of a file");
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("an isolated handler that crashes or ends its process costs a 502 and nothing else, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder);
    const auto workers = server->workers(model);
    RawClient client = server->connect();
    for (const char* deed : {"crash", "abort", "exit"}) {
      CAPTURE(deed);
      CHECK(ask(client, deed).status == 502);
      CHECK(ask(client, "well").status == 202);  // the same connection, so the same worker
    }
    CHECK(server->workers(model) == workers);
    CHECK(logs(*server, "route=/isolated/{deed} handler=isolated"));
    if (!under_sanitizer) CHECK(logs(*server, "killed by SIGSEGV"));
    CHECK(logs(*server, "exited with code 3"));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("an isolated handler that takes all memory or all time is ended by its limits") {
  const TemporaryFolder folder;
  const auto server = start({1, 2}, folder, R"("memory": "64M", "cpu": "1s", "time": "5s")");
  RawClient client = server->connect();
  if (!under_sanitizer) {
    CHECK(ask(client, "leak").status == 502);
    CHECK(logs(*server, "there was no memory left (limits.memory)"));
  }
  CHECK(ask(client, "loop").status == 504);
  CHECK(logs(*server, "limits.cpu"));
  CHECK(ask(client, "well").status == 202);
}

TEST_CASE("an isolated handler that never answers is 504 after its time, and its process is gone") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder, R"("time": "2s")");
    RawClient client = server->connect();
    client.send("GET /isolated/hang HTTP/1.1\r\nHost: t\r\n\r\n");
    pid_t child = 0;
    REQUIRE(eventually([&] {
      for (const pid_t worker : server->workers(model)) {
        for (const pid_t nursery : children_of(worker)) {
          const auto children = children_of(nursery);
          if (!children.empty()) child = children.front();
        }
      }
      return child != 0;
    }));
    CHECK(client.read_response().status == 504);
    CHECK(wait_for_end_of(child));
    CHECK(logs(*server, "limits.time"));
    CHECK(client.get("/ok").body == "answer");
  }
}

TEST_CASE("what an isolated handler throws, prints and logs is as of any other") {
  const TemporaryFolder folder;
  const auto server = start({1, 1}, folder);
  RawClient client = server->connect();
  CHECK(ask(client, "throw").status == 500);
  const RawResponse refused = ask(client, "refuse");
  CHECK(refused.status == 409);
  CHECK(has(refused.body, "not like this"));
  CHECK(ask(client, "print").status == 202);
  CHECK(ask(client, "log").status == 202);
  CHECK(logs(*server, "logged in a child number=7 child=isolated"));
  CHECK(logs(*server, "error=thrown in a child"));
  CHECK(logs(*server, "printed in a child child=isolated"));
  const std::string log = server->standard_error();
  const std::string line = log.substr(0, log.find("logged in a child"));
  CHECK(has(line.substr(line.rfind('\n')), " info "));
}

TEST_CASE("each request has a child of its own, and what that changes is seen by no other") {
  const TemporaryFolder folder;
  const auto server = start({1, 1}, folder);
  const pid_t nursery = only_child_of(server->workers({1, 1}).front());
  RawClient client = server->connect();
  std::set<std::string> children;
  for (int i = 0; i < 5; ++i) {
    CHECK(ask(client, "count").body == "1\n");
    std::istringstream told(ask(client, "pid").body);
    std::string child;
    pid_t parent = 0;
    told >> child >> parent;
    children.insert(child);
    CHECK(parent == nursery);
  }
  CHECK(children.size() == 5);
}

TEST_CASE("a stream that its child does not end is cut off, so that nobody takes it for complete") {
  const TemporaryFolder folder;
  const auto server = start({1, 1}, folder);
  RawClient client = server->connect();
  CHECK_THROWS(ask(client, "stream"));
  CHECK(server->connect().get("/isolated/well").status == 202);
}

TEST_CASE("a worker whose nursery is killed is replaced, and its other requests go on") {
  const TemporaryFolder folder;
  const Model model{1, 1};
  const auto server = start(model, folder);
  RawClient client = server->connect();
  CHECK(ask(client, "well").status == 202);
  const pid_t worker = server->workers(model).front();
  REQUIRE(::kill(only_child_of(worker), SIGKILL) == 0);
  CHECK(eventually([&] {
    const auto workers = server->workers(model);
    return workers.size() == 1 && workers.front() != worker;
  }));
  CHECK(logs(*server, "the process that starts children has ended"));
  CHECK(client.get("/ok").body == "answer");  // handed over
  CHECK(eventually([&] { return ask(client, "well").status == 202; }));
}

TEST_CASE("without a supervisor, a killed nursery costs 502 for what needs it, and nothing else") {
  const TemporaryFolder folder;
  const auto server = start({0, 1}, folder);
  RawClient client = server->connect();
  REQUIRE(::kill(only_child_of(server->pid()), SIGKILL) == 0);
  CHECK(logs(*server, "until the server is started again"));
  CHECK(ask(client, "well").status == 502);
  CHECK(client.get("/ok").body == "answer");
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

TEST_CASE("no child and no nursery outlives a worker that is killed, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder);
    std::vector<pid_t> nurseries;
    for (const pid_t worker : server->workers(model)) nurseries.push_back(only_child_of(worker));
    RawClient client = server->connect();
    client.send("GET /isolated/hang HTTP/1.1\r\nHost: t\r\n\r\n");
    std::vector<pid_t> children;
    REQUIRE(eventually([&] {
      for (const pid_t nursery : nurseries) {
        for (const pid_t child : children_of(nursery)) children.push_back(child);
      }
      return !children.empty();
    }));
    for (const pid_t worker : server->workers(model)) REQUIRE(::kill(worker, SIGKILL) == 0);
    for (const pid_t nursery : nurseries) CHECK(wait_for_end_of(nursery));
    for (const pid_t child : children) CHECK(wait_for_end_of(child));
  }
}

TEST_CASE("a fast stop waits for no child, and ends those that run, in every model") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = start(model, folder, R"("at_once": 1)");
    std::vector<pid_t> nurseries;
    for (const pid_t worker : server->workers(model)) nurseries.push_back(only_child_of(worker));
    RawClient client = server->connect();
    RawClient waiting = server->connect();
    client.send("GET /isolated/hang HTTP/1.1\r\nHost: t\r\n\r\n");
    waiting.send("GET /isolated/hang HTTP/1.1\r\nHost: t\r\n\r\n");  // in the queue, or in another worker
    std::vector<pid_t> children;
    REQUIRE(eventually([&] {
      for (const pid_t nursery : nurseries) {
        for (const pid_t child : children_of(nursery)) children.push_back(child);
      }
      return !children.empty();
    }));
    server->signal(SIGINT);
    CHECK(server->wait() == 0);
    for (const pid_t child : children) CHECK(wait_for_end_of(child));
  }
}

TEST_CASE("a nursery holds no listener and no connection of its worker") {
  const TemporaryFolder folder;
  const auto server = start({1, 1}, folder);
  RawClient client = server->connect();
  CHECK(client.get("/ok").body == "answer");
  const pid_t nursery = only_child_of(server->workers({1, 1}).front());
  unsigned sockets = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(nursery) + "/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored).string().starts_with("socket:")) ++sockets;
  }
  CHECK(sockets == 1);  // the channel of orders
}

TEST_CASE("a server without such handlers has no nursery") {
  const TemporaryFolder folder;
  const auto server =
      ServerProcess::run({1, 1}, folder, R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "x"}}])");
  CHECK(server->connect().get("/").body == "x");
  CHECK(children_of(server->workers({1, 1}).front()).empty());
}

}  // namespace isolated_test
