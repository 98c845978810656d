// The launcher as process 1 of a pid namespace, as in a container without an init of its own.

#include <doctest/doctest.h>

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/server_process.hpp"

namespace container_test {

using namespace ropeway::testing;

namespace {

// The command line that runs a program as process 1 of new namespaces. What stays outside lets go of the descriptor that is its last
// argument, and waits.
std::vector<std::string> as_process_1(const std::vector<std::string>& program) {
  std::vector<std::string> arguments = {
      "--pid", "--mount", "/bin/bash", "-c", "(mount -t proc proc /proc && exec \"$@\") & fd=${!#}; exec {fd}>&-; wait $!", "bash"};
  if (::geteuid() != 0) arguments.insert(arguments.begin(), {"--user", "--map-root-user"});
  arguments.insert(arguments.end(), program.begin(), program.end());
  return arguments;
}

// Not where the system lets nobody make namespaces, as some containers do.
bool has_namespaces(const TemporaryFolder& folder) {
  std::vector<std::string> arguments = as_process_1({"/bin/true", "9"});
  arguments.insert(arguments.begin(), "/usr/bin/unshare");
  const Finished finished = run_to_end(arguments, folder.path().string());
  if (finished.exit_code != 0) MESSAGE("left out, because no pid namespace can be made here: " << finished.error);
  return finished.exit_code == 0;
}

// `members` of a configuration with two workers; the launcher is the only child of the process that the result knows.
std::unique_ptr<ServerProcess> run_as_process_1(const TemporaryFolder& folder, const std::string& members) {
  const std::string file = folder.write("ropeway.json", R"({"processes": 2, "threads": 1, "listen": ["127.0.0.1:0"], )" + members + "}");
  return std::make_unique<ServerProcess>(as_process_1({unruly_program(), "run", "--config", file}), folder.path().string(),
                                         "/usr/bin/unshare");
}

pid_t launcher_of(const ServerProcess& server) {
  REQUIRE(eventually([&] { return children_of(server.pid()).size() == 1; }));
  return children_of(server.pid()).front();
}

// Of all processes whose parent is `parent`, also those that have ended and were not waited for.
std::size_t count_children(pid_t parent) {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("as process 1 the launcher waits for processes that are not its own, and goes on; SIGTERM ends it") {
  const TemporaryFolder folder;
  if (!has_namespaces(folder)) return;
  const auto server = run_as_process_1(folder, R"("routes": [
    {"match": "/isolated/{deed}", "handler": "isolated"},
    {"match": "/ok", "handler": "fixed_response", "options": {"body": "answer"}}])");
  const pid_t launcher = launcher_of(*server);
  REQUIRE(eventually([&] { return children_of(launcher).size() == 2; }));
  CHECK(server->connect().get("/isolated/well").status == 202);

  // The process that a worker forks its children from is orphaned by the worker's end, and so becomes a child of process 1. It ends, too.
  for (int round = 0; round < 3; ++round) {
    const std::vector<pid_t> workers = children_of(launcher);
    REQUIRE(workers.size() == 2);
    const std::vector<pid_t> orphans = children_of(workers.front());
    REQUIRE(orphans.size() == 1);
    REQUIRE(::kill(workers.front(), SIGKILL) == 0);
    CHECK(wait_for_end_of(orphans.front()));
    CHECK(eventually([&] { return children_of(launcher).size() == 2 && count_children(launcher) == 2; }));
    CHECK(server->connect().get("/ok").body == "answer");
    CHECK(eventually([&] { return server->connect().get("/isolated/well").status == 202; }));
  }
  REQUIRE(::kill(launcher, SIGTERM) == 0);
  CHECK(server->wait() == 0);
}

}  // namespace container_test
