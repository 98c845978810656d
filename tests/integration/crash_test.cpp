// Workers that die inside a handler: what the log tells of it.

#include <doctest/doctest.h>

#include <signal.h>

#include <string>

#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace crash_test {

using namespace ropeway::testing;

namespace {

constexpr const char* routes = R"("routes": [
  {"match": "GET /crash/{name}", "handler": "crash"},
  {"match": "/blocking", "handler": "crash_blocking"},
  {"match": "/after_wait", "handler": "crash_after_wait"},
  {"match": "/in_stream", "handler": "crash_in_stream"},
  {"match": "/overflow", "handler": "overflow"},
  {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])";

// Sends a request that its worker does not survive, and waits until the log tells of it; gives the log.
std::string log_of_crash(const ServerProcess& server, const std::string& request_line) {
  RawClient client = server.connect();
  client.send(request_line + " HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(client.ends_without_more());
  CHECK(eventually([&] { return server.standard_error().find("backtrace of worker") != std::string::npos; }));
  CHECK(server.standard_error().find("died in a handler") != std::string::npos);
  CHECK(server.connect().get("/ok").body == "answer");
  return server.standard_error();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a worker that dies in a handler is told of with request, route, handler and backtrace, and without the query") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  for (const Model& model : all_models()) {
    if (model.processes == 0) continue;
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes, {}, unruly_program());
    const std::string log = log_of_crash(*server, "GET /crash/now?secret=1");
    CHECK(has(log, "was killed by SIGSEGV"));
    CHECK(has(log, "GET /crash/now"));
    CHECK_FALSE(has(log, "secret"));
    CHECK(has(log, "GET /crash/{name}"));
    CHECK(has(log, "handler=crash"));
    CHECK(has(log, "Crash::handle"));
  }
}

TEST_CASE("a worker that dies on a thread of the blocking pool is told of as well") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder, routes, {}, unruly_program());
  const std::string log = log_of_crash(*server, "POST /blocking");
  CHECK(has(log, "was killed by SIGABRT"));
  CHECK(has(log, "POST /blocking"));
  CHECK(has(log, "handler=crash_blocking"));
  CHECK(has(log, "CrashBlocking::handle"));
}

TEST_CASE("a worker that dies in a coroutine after it has waited is told of with its request, client and id, and its route is closed") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  for (const Model& model : {Model{1, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const auto server =
        ServerProcess::run(model, folder, std::string(R"("quarantine": {"crashes": 1, "release": "1h"},)") + routes, {}, unruly_program());
    const std::string log = log_of_crash(*server, "GET /after_wait");
    CHECK(has(log, "handler=crash_after_wait"));
    CHECK(has(log, "request=\"GET /after_wait\""));
    CHECK(has(log, "peer=127.0.0.1:"));
    CHECK(has(log, "request_id="));
    CHECK_FALSE(has(log, "request_id=\"\""));
    CHECK(has(log, "CrashAfterWait::handle"));
    CHECK(eventually([&] { return has(server->standard_error(), "a route is closed"); }));
    CHECK(server->connect().get("/after_wait").status == 503);
  }
}

TEST_CASE("a worker that dies in the coroutine that writes an answer is told of with its request") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 2}, folder, routes, {}, unruly_program());
  RawClient client = server->connect();
  client.send("GET /in_stream HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(eventually([&] { return has(server->standard_error(), "backtrace of worker"); }));
  CHECK(has(server->standard_error(), "died in a handler"));
  CHECK(has(server->standard_error(), "handler=crash_in_stream"));
}

TEST_CASE("a worker that has used up its stack is told of as well") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  for (const Model& model : {Model{1, 1}, Model{2, 2}}) {
    CAPTURE(model.name());
    const auto server = ServerProcess::run(model, folder, routes, {}, unruly_program());
    const std::string log = log_of_crash(*server, "GET /overflow");
    CHECK(has(log, "was killed by SIGSEGV"));
    CHECK(has(log, "handler=overflow"));
    CHECK(has(log, "Overflow::deeper"));
  }
}

TEST_CASE("a worker that is killed from outside is told of with what it was doing") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, R"("routes": [{"match": "/hang", "handler": "hang"}])", {}, unruly_program());
  RawClient client = server->connect();
  client.send("GET /hang HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto workers = server->workers({1, 1});
  REQUIRE(eventually([&] { return has(server->standard_error(), "this handler hangs"); }));
  REQUIRE(::kill(workers.front(), SIGKILL) == 0);
  CHECK(eventually([&] { return has(server->standard_error(), "was inside a handler when it died"); }));
  CHECK(has(server->standard_error(), "handler=hang"));
}

TEST_CASE("a route in which workers die again and again is closed, the others go on, and its time opens it again") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder, std::string(R"("quarantine": {"crashes": 2, "release": "300ms"},)") + routes, {},
                                         unruly_program());
  const auto crash = [&] {
    RawClient client = server->connect();
    client.send("GET /crash/x HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.ends_without_more());
  };
  crash();
  crash();
  REQUIRE(eventually([&] { return has(server->standard_error(), "a route is closed"); }));
  CHECK(server->connect().get("/ok").body == "answer");
  REQUIRE(eventually([&] { return has(server->standard_error(), "is open again"); }));
  crash();
  CHECK(server->connect().get("/ok").body == "answer");
}

TEST_CASE("a closed route answers 503 whatever is asked of it") {
  if (under_sanitizer) return;
  const TemporaryFolder folder;
  const auto server =
      ServerProcess::run({2, 1}, folder, std::string(R"("quarantine": {"crashes": 1, "release": "1h"},)") + routes, {}, unruly_program());
  (void)log_of_crash(*server, "GET /crash/x");
  REQUIRE(eventually([&] { return has(server->standard_error(), "a route is closed"); }));
  RawClient client = server->connect();
  for (int i = 0; i < 3; ++i) CHECK(client.get("/crash/y").status == 503);
  CHECK(client.get("/ok").body == "answer");
  CHECK(has(server->standard_error(), "GET /crash/{name}"));
}

}  // namespace crash_test
