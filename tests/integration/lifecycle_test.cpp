#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace lifecycle_test {

using namespace ropeway::testing;

namespace {

constexpr const char* routes = R"("routes": [
  {"match": "/a", "handler": "fixed_response", "options": {"body": "answer"}},
  {"match": "GET /files/{path...}", "handler": "static_files", "options": {"root": "site"}}])";

// A request whose handler has not run yet, and of which the server has surely read the head: it has said so.
RawClient begun_upload(const ServerProcess& server) {
  RawClient client = server.connect();
  client.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(client.read_response().status == 100);
  client.send("12345");
  return client;
}

// Whether every thread of the process stands still: SIGSTOP takes effect a moment after it was sent.
bool is_stopped(pid_t process) {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    const std::string text = read_file((thread.path() / "stat").string());
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end, 4) != ") T ") return false;
  }
  return true;
}

// Whether no worker accepts any more: each is draining then, for a worker closes its listener after it has begun to drain.
bool refuses_newcomers(const SocketAddress& address) {
  return eventually([&] {
    try {
      const RawClient newcomer(address);
      return false;
    } catch (const std::runtime_error&) { return true; }
  });
}

}  // namespace

TEST_CASE("SIGTERM lets a request that was begun finish, closes idle connections, and ends with exit code 0") {
  const TemporaryFolder folder;
  const std::string file(20'000'000, 'f');
  folder.write("site/large.bin", file);
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const SocketAddress address = server->address();
    RawClient idle = server->connect();
    CHECK(idle.get("/a").status == 200);
    RawClient upload = begun_upload(*server);
    RawClient download = server->connect();
    download.send("GET /files/large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(download.read_bytes(9) == "HTTP/1.1 ");
    server->signal(SIGTERM);
    CHECK(idle.ends_without_more());
    CHECK(refuses_newcomers(address));  // so the worker that has the upload drains, too
    upload.send("67890");
    const RawResponse response = upload.read_response();
    CHECK(response.body == "answer");
    CHECK(response.field("Connection") == "close");
    CHECK(upload.ends_without_more());
    const std::string rest = download.read_until_close();
    CHECK(rest.size() > file.size());
    CHECK(rest.ends_with("fff"));
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("under load, a server that is told to end answers every request that it was sent, and ends in time") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    StrictClient::Options options;
    options.keep_alive = 16;
    options.new_every = std::chrono::microseconds(2000);
    options.target = "/a";
    options.body = "answer";
    StrictClient client(server->address(), options);
    REQUIRE(eventually([&] { return client.answered() > 200; }));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    const StrictClient::Counts counts = client.finish();
    CHECK(counts.answered > 200);
    CAPTURE(counts.first_unanswered);
    CHECK(counts.unanswered == 0);
    CHECK(counts.wrong + counts.truncated + counts.late == 0);
  }
}

TEST_CASE("a server that is told to end says that it is not ready, and accepts connections until its grace is over") {
  const TemporaryFolder folder;
  const std::string probes = R"(, {"match": "/livez", "handler": "health"},
                                 {"match": "/readyz", "handler": "health", "options": {"check": "ready"}}])";
  const std::string all = std::string(routes, std::string_view(routes).rfind(']')) + probes;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    for (const bool asks_again : {true, false}) {
      const std::string grace = asks_again ? "1h" : "300ms";
      const auto server = ServerProcess::run(model, folder, R"("timeouts": {"drain_grace": ")" + grace + R"("}, )" + all);
      RawClient client = server->connect();
      CHECK(client.get("/readyz").status == 200);
      server->signal(SIGTERM);
      if (asks_again) {
        CHECK(eventually([&] { return client.get("/readyz").status == 503; }));
        for (int i = 0; i < 10; ++i) {
          RawClient newcomer = server->connect();
          CHECK(newcomer.get("/readyz").status == 503);
          CHECK(newcomer.get("/livez").status == 200);
          CHECK(newcomer.get("/a").body == "answer");
        }
        // A worker that is new says so, too.
        if (model.processes > 1) {
          const pid_t killed = server->workers(model).front();
          REQUIRE(::kill(killed, SIGKILL) == 0);
          REQUIRE(eventually([&] {
            const auto workers = server->workers(model);
            return workers.size() == model.processes && std::ranges::find(workers, killed) == workers.end();
          }));
          for (int i = 0; i < 10; ++i) CHECK(server->connect().get("/readyz").status == 503);
        }
        server->signal(SIGTERM);
      }
      CHECK(server->wait() == 0);
    }
  }
}

TEST_CASE("a drain answers the connections that wait in the queue, and newcomers are refused at once") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const SocketAddress address = server->address();
    RawClient upload = begun_upload(*server);  // keeps its worker
    const auto workers = server->workers(model);
    for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGSTOP) == 0);
    for (const pid_t worker : workers) REQUIRE(eventually([worker] { return is_stopped(worker); }));  // it accepts until then
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(server->connect());
      clients.back().send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    server->signal(SIGTERM);
    for (const pid_t worker : workers) ::kill(worker, SIGCONT);
    for (RawClient& client : clients) {
      CHECK(client.read_response().body == "answer");
      CHECK(client.ends_without_more());
    }
    CHECK(refuses_newcomers(address));
    upload.send("67890");
    CHECK(upload.read_response().body == "answer");
    CHECK(upload.ends_without_more());
    CHECK(server->wait() == 0);
    CHECK(server->standard_error().find(" error ") == std::string::npos);
  }
}

TEST_CASE("a worker whose folder is away for a moment does not end a server that was ready") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, routes);
  std::filesystem::rename(folder / "site", folder / "away");
  REQUIRE(::kill(server->workers(model).front(), SIGKILL) == 0);
  REQUIRE(eventually([&] { return server->standard_error().find("exit") != std::string::npos; }));  // its replacement, too
  std::filesystem::rename(folder / "away", folder / "site");
  CHECK(eventually([&] { return server->workers(model).size() == 2; }));
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

TEST_CASE("a drain does not wait longer than its deadline") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("timeouts": {"drain": "300ms"},)") + routes);
    RawClient upload = begun_upload(*server);
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);  // the other half never comes; wait() has a deadline of its own
  }
}

TEST_CASE("SIGINT and SIGQUIT stop at once, whatever is being answered") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    for (const int number : {SIGINT, SIGQUIT}) {
      CAPTURE(model.name());
      CAPTURE(number);
      const auto server = ServerProcess::run(model, folder, std::string(R"("timeouts": {"drain": "1h", "handler": "1h"},)") + routes);
      const auto workers = server->workers(model);
      RawClient upload = begun_upload(*server);
      server->signal(number);
      CHECK(server->wait() == 0);
      for (const pid_t worker : workers) CHECK(wait_for_end_of(worker));
    }
  }
}

TEST_CASE("SIGINT during a drain ends it") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, std::string(R"("timeouts": {"drain": "1h", "handler": "1h"},)") + routes);
    RawClient idle = server->connect();
    CHECK(idle.get("/a").status == 200);
    RawClient upload = begun_upload(*server);
    server->signal(SIGTERM);
    CHECK(idle.ends_without_more());
    server->signal(SIGINT);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("a worker that is killed is replaced, the log says so, and every new connection is served") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    if (model.processes == 0) continue;  // nobody there to replace it
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const auto before = server->workers(model);
    REQUIRE(before.size() == model.processes);
    const pid_t victim = before.front();
    REQUIRE(::kill(victim, SIGKILL) == 0);
    for (int i = 0; i < 20; ++i) CHECK(server->connect().get("/a").body == "answer");  // none is refused or reset meanwhile
    CHECK(eventually([&] { return server->workers(model).size() == model.processes; }));
    const auto after = server->workers(model);
    CHECK(std::find(after.begin(), after.end(), victim) == after.end());
    const std::string log = server->standard_error();
    CHECK(log.find(std::to_string(victim)) != std::string::npos);
    CHECK(log.find("SIGKILL") != std::string::npos);
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("connections that wait in a killed worker's queue are served") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    if (model.processes == 0) continue;
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const auto workers = server->workers(model);
    REQUIRE(workers.size() == model.processes);
    for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGSTOP) == 0);
    for (const pid_t worker : workers) REQUIRE(eventually([worker] { return is_stopped(worker); }));  // it accepts until then
    std::vector<RawClient> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(server->connect());
      clients.back().send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    REQUIRE(::kill(workers.front(), SIGKILL) == 0);
    for (const pid_t worker : workers) ::kill(worker, SIGCONT);
    for (RawClient& client : clients) CHECK(client.read_response().body == "answer");
  }
}

TEST_CASE("no worker outlives a launcher that is killed") {
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    if (model.processes == 0) continue;
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const auto workers = server->workers(model);
    REQUIRE(workers.size() == model.processes);
    RawClient upload = begun_upload(*server);
    server->signal(SIGKILL);
    CHECK(server->wait() == 128 + SIGKILL);
    for (const pid_t worker : workers) CHECK(wait_for_end_of(worker));
  }
}

TEST_CASE("a worker that gets SIGTERM itself drains and is replaced at once") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, routes);
  const auto before = server->workers(model);
  REQUIRE(before.size() == 2);
  REQUIRE(::kill(before.front(), SIGTERM) == 0);
  CHECK(wait_for_end_of(before.front()));
  CHECK(eventually([&] { return server->workers(model).size() == 2; }));
  CHECK(server->connect().get("/a").body == "answer");
}

TEST_CASE("a stop ends the server also where handlers hold all its threads") {
  const TemporaryFolder folder;
  // The process ends in spite of its threads, which ThreadSanitizer would call leaked.
  const char* const options = std::getenv("TSAN_OPTIONS");
  ::setenv("TSAN_OPTIONS", (std::string(options != nullptr ? options : "") + " report_thread_leaks=0").c_str(), 1);
  const std::string configuration = R"("timeouts": {"drain": "100ms"},
    "routes": [{"match": "/hang", "handler": "hang"}, {"match": "/blocking", "handler": "hang_blocking"}])";
  for (const Model& model : {Model{0, 2}, Model{1, 1}}) {
    CAPTURE(model.name());
    for (const auto& [path, number] : {std::pair("/hang", SIGINT), std::pair("/blocking", SIGINT), std::pair("/hang", SIGTERM)}) {
      CAPTURE(path);
      const auto server = ServerProcess::run(model, folder, configuration, {}, unruly_program());
      std::vector<RawClient> clients;
      for (unsigned i = 0; i < model.threads; ++i) {
        clients.push_back(server->connect());
        clients.back().send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
      }
      server->signal(number);
      CHECK(server->wait() == 0);
    }
  }
}

TEST_CASE("the queue of a worker that is stopped is served by its siblings") {
  const TemporaryFolder folder;
  for (const Model& model : {Model{3, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes);
    const auto workers = server->workers(model);
    for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGSTOP) == 0);
    for (const pid_t worker : workers) REQUIRE(eventually([worker] { return is_stopped(worker); }));
    std::vector<RawClient> clients;  // nobody accepts, so they are in every queue
    for (int i = 0; i < 30; ++i) {
      clients.push_back(server->connect());
      clients.back().send("GET /a HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    REQUIRE(::kill(workers.back(), SIGCONT) == 0);
    for (RawClient& client : clients) CHECK(client.read_response().body == "answer");
    for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/a").body == "answer");
    for (const pid_t worker : workers) REQUIRE(::kill(worker, SIGCONT) == 0);
    CHECK(eventually([&] { return server->standard_error().find("goes on") != std::string::npos; }));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
  }
}

TEST_CASE("the queue of a worker that cannot be replaced is served by its siblings, also those that start later") {
  const TemporaryFolder folder;
  const Model model{3, 1};
  const auto server = ServerProcess::run(model, folder, routes);
  const auto workers = server->workers(model);
  std::filesystem::rename(folder / "site", folder / "away");  // no worker can start without it
  REQUIRE(::kill(workers[0], SIGKILL) == 0);
  REQUIRE(::kill(workers[1], SIGKILL) == 0);
  for (int i = 0; i < 100; ++i) CHECK(server->connect().get("/a").body == "answer");  // a client waits for 10 s at most
  std::filesystem::rename(folder / "away", folder / "site");
  REQUIRE(eventually([&] { return server->workers(model).size() == 3; }));
  for (int i = 0; i < 30; ++i) CHECK(server->connect().get("/a").body == "answer");
}

TEST_CASE("a worker that drains alone leaves its queue to its siblings") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, routes);
  const auto workers = server->workers(model);
  std::vector<RawClient> uploads;  // each of the two has one, surely: it keeps its worker from ending
  for (int i = 0; i < 40; ++i) uploads.push_back(begun_upload(*server));
  REQUIRE(::kill(workers[0], SIGTERM) == 0);
  for (int i = 0; i < 60; ++i) CHECK(server->connect().get("/a").body == "answer");
  CHECK(server->workers(model).size() == 2);
  for (RawClient& upload : uploads) {
    upload.send("67890");
    CHECK(upload.read_response().body == "answer");
  }
  CHECK(wait_for_end_of(workers[0]));
}

}  // namespace lifecycle_test
