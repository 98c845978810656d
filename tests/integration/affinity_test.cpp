// The setting `affinity`.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/src/config/cpu_list.hpp"
#include "launcher/src/affinity.hpp"
#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace affinity_test {

using namespace ropeway::testing;
using ropeway::config::CpuList;

namespace {

namespace fs = std::filesystem;

constexpr Model model{2, 2};
const std::string route =
    R"("control": "control", "canary": {"percent": 0}, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

// Of a thread, as the kernel lists them.
std::string cpus_of(const fs::path& task) {
  std::ifstream file(task / "status");
  constexpr std::string_view name = "Cpus_allowed_list:\t";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return "?";
}

// ThreadSanitizer has a thread of its own in each process, from before its beginning.
constexpr int foreign_threads = ropeway::testing::under_thread_sanitizer ? 1 : 0;

// What the threads of each worker may use, sorted by worker; "differ" where a worker's do not agree.
std::vector<std::string> cpus_of_workers(const ServerProcess& server) {
  std::vector<std::string> result;
  for (const pid_t worker : server.workers(model)) {
    const fs::path folder = "/proc/" + std::to_string(worker);
    std::string cpus = cpus_of(folder);
    std::error_code gone;  // a worker that has just been replaced
    const auto tasks = fs::directory_iterator(folder / "task", gone);
    const auto differ = std::count_if(begin(tasks), end(tasks), [&](const auto& task) { return cpus_of(task.path()) != cpus; });
    result.push_back(differ > foreign_threads ? "differ" : cpus);
  }
  std::ranges::sort(result);
  return result;
}

Finished command(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder / ".");
}

void write_configuration(const TemporaryFolder& folder, const std::string& affinity) {
  std::ofstream(folder / "ropeway.json") << R"({"processes": 2, "threads": 2, "listen": ["127.0.0.1:0"], "affinity": )" << affinity << ", "
                                         << route << "}";
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  return texts;
}

}  // namespace

TEST_CASE("workers run on the CPUs that they are given, also after a reload and as replacements; the launcher is not bound") {
  const CpuList all = ropeway::launcher::allowed_cpus();
  const std::string every = ropeway::config::text_of(all);
  const std::string first = std::to_string(all.front());
  const std::string last = std::to_string(all.back());
  const TemporaryFolder folder;
  const auto server = ServerProcess::run(model, folder, "\"affinity\": [" + first + ", \"" + last + "\"], " + route);
  CHECK(cpus_of_workers(*server) == sorted({first, last}));
  const pid_t killed = server->workers(model).front();
  REQUIRE(::kill(killed, SIGKILL) == 0);
  CHECK(eventually([&] { return cpus_of_workers(*server) == sorted({first, last}) && server->workers(model).front() != killed; }));

  write_configuration(folder, "\"none\"");
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  CHECK(eventually([&] { return cpus_of_workers(*server) == std::vector<std::string>{every, every}; }));

  write_configuration(folder, "\"auto\"");
  CHECK(command(folder, {"reload", "--wait"}).exit_code == 0);
  const auto half = static_cast<std::ptrdiff_t>(all.size() / 2);
  const std::vector<std::string> halves = all.size() == 1 ? std::vector<std::string>{first, first}
                                                          : sorted({ropeway::config::text_of({all.begin(), all.begin() + half}),
                                                                    ropeway::config::text_of({all.begin() + half, all.end()})});
  CHECK(eventually([&] { return cpus_of_workers(*server) == halves; }));
  CHECK(cpus_of("/proc/" + std::to_string(server->pid())) == every);
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("CPUs that do not exist, or are none, are errors with their places") {
  const TemporaryFolder folder;
  struct Case {
    std::string affinity;
    std::string place;
    std::string part;
  };
  for (const Case& c : {Case{"[0, 60000]", ":2:17: error: ", "CPU 60000 is not among those that this process may use"},
                        {"[\"0\", \"1-x\"]", ":2:19: error: ", "expected numbers of CPUs"},
                        {"[65536]", ":2:14: error: ", "from 0 to 65535"},
                        {"[]", ":2:13: error: ", "found an empty list"},
                        {"\"all\"", ":2:13: error: ", "one of \"none\", \"auto\""},
                        {"3", ":2:13: error: ", "one of \"none\", \"auto\""}}) {
    CAPTURE(c.affinity);
    folder.write("ropeway.json", "{\n\"affinity\": " + c.affinity + ",\n" + route + "\n}");
    const Finished check = command(folder, {"check"});
    CHECK(check.exit_code == 2);
    CAPTURE(check.error);
    CHECK(check.error.find("ropeway.json" + c.place) != std::string::npos);
    CHECK(check.error.find(c.part) != std::string::npos);
  }
}

}  // namespace affinity_test
