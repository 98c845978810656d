// Workers that have grown old, and are replaced.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace recycle_test {

using namespace ropeway::testing;

namespace {

const std::string route = R"("control": "control", "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

std::string recycle(const std::string& when) { return R"("recycle": {)" + when + "}, "; }

std::size_t count_of(const ServerProcess& server, const std::string& part) {
  const std::string text = server.standard_error();
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::size_t ready_workers(const TemporaryFolder& folder) {
  const auto status = parsed_json(run_to_end({program(), "status", "--json"}, folder / ".").output);
  std::size_t ready = 0;
  for (const auto& worker : status["workers"]) ready += worker["state"] == "ready" ? 1 : 0;
  return ready;
}

}  // namespace

TEST_CASE("workers that have answered many requests are replaced one at a time, none is missed, and no request fails") {
  const TemporaryFolder folder;
  const Model model{3, 1};
  const auto server = ServerProcess::run(model, folder, recycle(R"("requests": 50)") + route);
  StrictClient::Options options;
  options.keep_alive = 24;
  options.new_every = std::chrono::microseconds(5000);
  options.body = "answer";
  StrictClient client(server->address(), options);
  std::size_t fewest = 100;
  std::size_t most = 0;
  REQUIRE(eventually([&] {
    const std::size_t ready = ready_workers(folder);
    fewest = std::min(fewest, ready);
    most = std::max(most, ready);
    return count_of(*server, "is recycled") >= 6;
  }));
  CHECK(fewest >= 3);
  CHECK(most <= 4);
  const StrictClient::Counts counts = client.finish();
  CHECK(counts.answered > 300);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
  CHECK(count_of(*server, " error") == 0);
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

TEST_CASE("a single worker that has grown old is replaced while a request of its runs, and newcomers are served meanwhile") {
  const TemporaryFolder folder;
  const Model model{1, 1};
  const auto server = ServerProcess::run(model, folder, recycle(R"("age": "1s")") + route);
  const pid_t first = server->workers(model).front();
  RawClient upload = server->connect();
  upload.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n12");
  REQUIRE(upload.read_response().status == 100);
  REQUIRE(eventually([&] { return count_of(*server, "is recycled") > 0 && server->workers(model).size() > 1; }));
  for (int i = 0; i < 20; ++i) CHECK(server->connect().get("/").body == "answer");
  upload.send("34");
  CHECK(upload.read_response().body == "answer");
  CHECK(eventually([&] {
    const auto workers = server->workers(model);
    return std::ranges::find(workers, first) == workers.end();
  }));
}

TEST_CASE("a worker that takes more and more memory is replaced") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, recycle(R"("memory": "400M")") + R"("routes": [{"match": "/", "handler": "leak"}])",
                                         {}, unruly_program());
  const auto before = server->workers(model);
  CHECK(eventually([&] {
    CHECK(server->connect().get("/").status == 200);
    return count_of(*server, "KiB of memory") > 0;
  }));
  CHECK(eventually([&] { return server->workers(model) != before; }));
}

TEST_CASE("where the worker that is to stand in cannot start, the old one serves on") {
  const TemporaryFolder folder;
  folder.write("site/page", "content");
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, recycle(R"("requests": 20)") + R"("routes": [
      {"match": "/", "handler": "fixed_response", "options": {"body": "answer"}},
      {"match": "GET /files/{path...}", "handler": "static_files", "options": {"root": "site"}}])");
  const auto before = server->workers(model);
  std::filesystem::rename(folder / "site", folder / "elsewhere");
  for (int i = 0; i < 60; ++i) CHECK(server->connect().get("/").body == "answer");
  REQUIRE(eventually([&] { return count_of(*server, "cannot be recycled") > 0; }));
  CHECK(server->workers(model) == before);
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("a reload that is asked for while a worker is recycled comes after that") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, recycle(R"("age": "1s")") + R"("canary": {"percent": 0}, )" + route);
  REQUIRE(eventually([&] { return count_of(*server, "is recycled") > 0; }));
  server->signal(SIGHUP);
  CHECK(eventually([&] { return count_of(*server, "reload: done") > 0; }));
  for (int i = 0; i < 20; ++i) CHECK(server->connect().get("/").body == "answer");
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

}  // namespace recycle_test
