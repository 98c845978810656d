// More workers, and fewer, while the server serves.

#include <doctest/doctest.h>

#include <signal.h>

#include <string>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace scale_test {

using namespace ropeway::testing;

namespace {

const std::string one_to_four = R"({"processes": {"min": 1, "max": 4}, "threads": 1, "listen": ["127.0.0.1:0"], "control": "control", )";
const std::string route = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}]})";

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

std::unique_ptr<ServerProcess> run(const TemporaryFolder& folder, const std::string& configuration,
                                   const std::string& executable = program()) {
  folder.write("ropeway.json", configuration);
  return std::make_unique<ServerProcess>(std::vector<std::string>{"run"}, folder / ".", executable);
}

bool has_workers(const ServerProcess& server, std::size_t count) {
  return eventually([&] { return server.workers({static_cast<unsigned>(count), 1}).size() == count; });
}

}  // namespace

TEST_CASE("scale starts workers and lets them end, within what is configured, and no request fails") {
  const TemporaryFolder folder;
  const auto server = run(folder, one_to_four + route);
  CHECK(has_workers(*server, 1));
  StrictClient::Options options;
  options.keep_alive = 24;
  options.new_every = std::chrono::microseconds(5000);
  options.body = "answer";
  StrictClient client(server->address(), options);
  for (const unsigned count : {4U, 2U, 3U, 1U, 4U, 1U}) {
    CHECK(command(folder, {"scale", std::to_string(count)}).exit_code == 0);
    CHECK(has_workers(*server, count));
    CHECK(parsed_json(command(folder, {"status", "--json"}).output)["processes"] == count);
  }
  const StrictClient::Counts counts = client.finish();
  CHECK(counts.answered > 0);
  CHECK(counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late == 0);
  const Finished refused = command(folder, {"scale", "5"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.error.find("from 1 to 4") != std::string::npos);
  CHECK(refused.error.find(R"("max": 5)") != std::string::npos);
  CHECK(command(folder, {"scale", "0"}).exit_code == 2);
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

TEST_CASE("SIGTTIN and SIGTTOU are one worker more and one fewer; a reload keeps the number") {
  const TemporaryFolder folder;
  const auto server = run(folder, one_to_four + R"("canary": {"percent": 0}, )" + route);
  server->signal(SIGTTIN);
  CHECK(has_workers(*server, 2));
  server->signal(SIGTTIN);
  CHECK(has_workers(*server, 3));
  REQUIRE(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(has_workers(*server, 3));
  REQUIRE(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(eventually([&] { return parsed_json(command(folder, {"status", "--json"}).output)["processes"] == 3; }));
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
}

TEST_CASE("fewer than one worker there cannot be") {
  const TemporaryFolder folder;
  const auto server = run(folder, one_to_four + route);
  server->signal(SIGTTOU);
  CHECK(eventually([&] { return server->standard_error().find("expected a number from 1 to 4") != std::string::npos; }));
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("where workers are busy another one starts") {
  const TemporaryFolder folder;
  const auto server =
      run(folder, one_to_four + R"("blocking": {"threads": 2}, "routes": [{"match": "/", "handler": "hang_blocking"}]})", unruly_program());
  std::vector<RawClient> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(server->connect());
    clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  CHECK(has_workers(*server, 2));
  CHECK(server->standard_error().find("reason=\"busy ") != std::string::npos);
}

TEST_CASE("a least number above the most is refused, with its place") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", "{\"processes\": {\"min\": 3, \"max\": 2},\n \"routes\": []}");
  const Finished checked = command(folder, {"check"});
  CHECK(checked.exit_code == 2);
  CHECK(checked.error.find("ropeway.json:1:33: error: found 2, expected no less than min, which is 3") != std::string::npos);
}

}  // namespace scale_test
