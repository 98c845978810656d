// The commands for a server that runs, over its control socket.

#include <doctest/doctest.h>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace control_test {

using namespace ropeway::testing;

namespace {

constexpr Model model{2, 1};
const std::string quick = R"("canary": {"percent": 0}, "control": "control", )";
const std::string route = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

nlohmann::json status(const TemporaryFolder& folder) { return parsed_json(command(folder, {"status", "--json"}).output); }

void write_configuration(const TemporaryFolder& folder, const std::string& members) {
  std::ofstream(folder / "ropeway.json") << R"({"processes": 2, "threads": 1, "listen": ["127.0.0.1:0"], )" << members << "}";
}

}  // namespace

TEST_CASE("status tells what every worker does") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  RawClient client = server->connect();
  for (int i = 0; i < 6; ++i) REQUIRE(client.get("/").body == "answer");
  const auto now = status(folder);
  CHECK(now["pid"] == server->pid());
  CHECK(now["generation"] == 1);
  CHECK(now["listen"][0] == server->urls()[0]);
  CHECK(now["reload"].is_null());
  REQUIRE(now["workers"].size() == 2);
  unsigned requests = 0;
  unsigned connections = 0;
  for (const auto& worker : now["workers"]) {
    CHECK(worker["state"] == "ready");
    requests += worker["requests"].get<unsigned>();
    connections += worker["connections"].get<unsigned>();
  }
  CHECK(requests == 6);
  CHECK(connections == 1);
  CHECK(eventually([&] { return status(folder)["routes"][0]["requests"] == 6; }));  // counted once the answer is sent
  const auto its_route = status(folder)["routes"][0];
  CHECK(its_route["route"] == "/");
  CHECK(its_route["handler"] == "fixed_response");
  CHECK(its_route["p99_us"] >= its_route["p50_us"]);
  const Finished text = command(folder, {"status"});
  CHECK(text.exit_code == 0);
  CHECK(text.output.find(server->urls()[0]) != std::string::npos);
}

TEST_CASE("top shows one page after another, and ends after as many as are asked for") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  const Finished pages = command(folder, {"top", "--interval", "0.1", "--count", "2"});
  CHECK(pages.exit_code == 0);
  const std::size_t first = pages.output.find("requests/s");
  CHECK(pages.output.find("requests/s", first + 1) != std::string::npos);
  CHECK(pages.output.find(std::to_string(server->workers(model).front())) != std::string::npos);
  CHECK(pages.output.find('\033') == std::string::npos);
  server->signal(SIGINT);
  REQUIRE(server->wait() == 0);
  CHECK(command(folder, {"top"}).exit_code == 1);
}

TEST_CASE("status tells of a worker that is stopped, and of connections that wait") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 1}, folder, quick + route);
  const pid_t worker = server->workers({1, 1}).front();
  REQUIRE(::kill(worker, SIGSTOP) == 0);
  REQUIRE(eventually([&] { return status(folder)["workers"][0]["state"] == "stopped"; }));
  const RawClient one = server->connect();
  const RawClient two = server->connect();
  CHECK(eventually([&] { return status(folder)["queue"] == 2; }));
  REQUIRE(::kill(worker, SIGCONT) == 0);
  CHECK(eventually([&] { return status(folder)["queue"] == 0; }));
}

TEST_CASE("reload --wait tells how it ended, on the screen and by its exit code") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  const Finished good = command(folder, {"reload", "--wait"});
  CHECK(good.exit_code == 0);
  CHECK(good.output == "reloaded: generation 2\n");
  CHECK(status(folder)["generation"] == 2);

  write_configuration(folder, quick + R"("routez": [])");
  const Finished bad = command(folder, {"reload", "--wait"});
  CHECK(bad.exit_code == 2);
  CHECK(bad.error.find("did you mean \"routes\"") != std::string::npos);
  CHECK(bad.error.find("^") != std::string::npos);

  std::ofstream(folder / "ropeway.json") << "{ no JSON";
  CHECK(command(folder, {"reload", "--wait", "--control", folder / "control"}).exit_code == 2);

  std::filesystem::remove(folder / "ropeway.json");
  const Finished none = command(folder, {"reload", "--wait", "--control", folder / "control"});
  CHECK(none.exit_code == 2);
  CHECK(none.error.find("No such file") != std::string::npos);

  write_configuration(folder, R"("canary": {"percent": 10, "duration": 0}, "control": "control", )" + route);
  const Finished verdict = command(folder, {"reload", "--wait", "--json"});
  CHECK(verdict.exit_code == 0);
  CHECK(parsed_json(verdict.output)["state"] == "done");
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("stop --wait returns when the server has ended") {
  for (const bool fast : {false, true}) {
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, quick + route);
    std::vector<std::string> arguments{"stop", "--wait"};
    if (fast) arguments.push_back("--fast");
    CHECK(command(folder, arguments).exit_code == 0);
    CHECK(server->wait() == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "control"));
    const Finished gone = command(folder, {"status"});
    CHECK(gone.exit_code == 1);
    CHECK(gone.error.find("No server with this configuration runs") != std::string::npos);
  }
}

TEST_CASE("a control socket whose file was removed is there again after a reload, and another's file is left alone") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  std::filesystem::remove(folder / "control");
  server->signal(SIGHUP);
  REQUIRE(eventually([&] { return std::filesystem::exists(folder / "control"); }));
  CHECK(status(folder)["pid"] == server->pid());
  std::filesystem::remove(folder / "control");
  std::ofstream(folder / "control") << "mine";
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
  CHECK(read_file(folder / "control") == "mine");
}

TEST_CASE("reopen opens the log anew") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, R"("log": {"access": {"file": "access.log"}}, )" + quick + route);
  std::filesystem::rename(folder / "access.log", folder / "access.log.1");
  CHECK(command(folder, {"reopen"}).exit_code == 0);
  CHECK(eventually([&] { return std::filesystem::exists(folder / "access.log"); }));
}

TEST_CASE("what is no command is told so, and the server goes on") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  RawClient client(SocketAddress::from_url("unix:" + (folder / "control")));
  for (const std::string line : {"", "nonsense", "[]", "{}", "{\"command\": 1}", "{\"command\": \"fly\"}", "null", "\xFF\xFE",
                                 "{\"command\":", R"({"command": "stop", "fast": 1})"}) {
    client.send(line + "\n");
  }
  client.send("{\"command\": \"status\"}\n");
  std::string answers;
  for (std::size_t lines = 0; lines < 11;) {
    const std::string byte = client.read_bytes(1);
    answers += byte;
    if (byte == "\n") ++lines;
  }
  CHECK(answers.find("no such command") != std::string::npos);
  CHECK(answers.find("\"ok\":true") != std::string::npos);
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("a second server with the same control socket is refused; an automatic one serves without") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, quick + route);
  const Finished second = command(folder, {"run"});
  CHECK(second.exit_code == 1);
  CHECK(second.error.find("another server answers there") != std::string::npos);

  const TemporaryFolder other;
  const auto first = ServerProcess::run(model, other, route);
  const ServerProcess twin({"run"}, other / ".");
  CHECK(twin.connect().get("/").body == "answer");
  CHECK(twin.standard_error().find("there is no control socket") != std::string::npos);
  CHECK(status(other)["pid"] == first->pid());
}

}  // namespace control_test
