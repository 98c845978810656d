// The setting `pid_file`.

#include <doctest/doctest.h>

#include <signal.h>

#include <filesystem>
#include <fstream>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace pid_file_test {

using namespace ropeway::testing;

namespace {

namespace fs = std::filesystem;

const std::string route =
    R"("control": "control", "canary": {"percent": 0}, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

void write_configuration(const TemporaryFolder& folder, const std::string& pid_file) {
  std::ofstream(folder / "ropeway.json") << R"({"processes": 2, "threads": 1, "listen": ["127.0.0.1:0"], "pid_file": ")" << pid_file
                                         << "\", " << route << "}";
}

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

std::string line_of(pid_t process) { return std::to_string(process) + "\n"; }

}  // namespace

TEST_CASE("the pid file has the launcher's number, also after reloads, and goes with the server") {
  for (const Model& model : {Model{2, 1}, Model{0, 1}}) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("pid_file": "server.pid", )" + route);
    CHECK(read_file(folder / "server.pid") == line_of(server->pid()));
    if (model.processes > 0) {
      fs::remove(folder / "server.pid");
      CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
      CHECK(eventually([&] { return fs::exists(folder / "server.pid"); }));
      CHECK(read_file(folder / "server.pid") == line_of(server->pid()));
    }
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    CHECK_FALSE(fs::exists(folder / "server.pid"));
  }
}

TEST_CASE("a second server with the pid file of one that runs is refused by its number; after a SIGKILL, the file is replaced") {
  const TemporaryFolder folder;
  auto server = ServerProcess::run({2, 1}, folder, R"("pid_file": "server.pid", )" + route);
  const pid_t first = server->pid();
  const Finished second = run_to_end({"/usr/bin/env", "ROPEWAY_CONTROL=", program(), "run"}, folder / ".");
  CHECK(second.exit_code == 1);
  CHECK(second.error.find("is that of a server that runs, process " + std::to_string(first)) != std::string::npos);
  CHECK(read_file(folder / "server.pid") == line_of(first));
  server->signal(SIGKILL);
  CHECK(server->wait() == 128 + SIGKILL);
  CHECK(read_file(folder / "server.pid") == line_of(first));
  const ServerProcess next({"run"}, folder / ".");
  CHECK(read_file(folder / "server.pid") == line_of(next.pid()));
}

TEST_CASE("a reload moves the pid file, and removes it where there is to be none") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({2, 1}, folder, R"("pid_file": "one.pid", )" + route);
  write_configuration(folder, "two.pid");
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(eventually([&] { return fs::exists(folder / "two.pid") && !fs::exists(folder / "one.pid"); }));
  CHECK(read_file(folder / "two.pid") == line_of(server->pid()));
  write_configuration(folder, "");
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(eventually([&] { return !fs::exists(folder / "two.pid"); }));
}

TEST_CASE("after an upgrade the pid file has the new launcher's number, after one that failed the old one's") {
  const TemporaryFolder folder;
  write_configuration(folder, "server.pid");
  ServerProcess server({"run"}, folder / ".");
  folder.write("ropeway.json", "{ no JSON");
  CHECK(command(folder, {"upgrade", "--wait", "--control", folder / "control"}).exit_code == 1);
  CHECK(read_file(folder / "server.pid") == line_of(server.pid()));

  write_configuration(folder, "server.pid");
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(server.wait() == 0);
  const auto heir = parsed_json(command(folder, {"status", "--json"}).output)["pid"].get<pid_t>();
  CHECK(heir != server.pid());
  CHECK(read_file(folder / "server.pid") == line_of(heir));

  write_configuration(folder, "other.pid");
  CHECK(command(folder, {"upgrade", "--wait"}).exit_code == 0);
  CHECK(wait_for_end_of(heir));
  CHECK_FALSE(fs::exists(folder / "server.pid"));
  CHECK(read_file(folder / "other.pid") != line_of(heir));
  CHECK(command(folder, {"stop", "--wait"}).exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "other.pid"));
}

}  // namespace pid_file_test
