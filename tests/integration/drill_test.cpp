// Harm that is done to a running server on purpose, and what its clients see of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/server_process.hpp"

namespace drill_test {

using namespace ropeway::testing;

namespace {

const std::string configuration =
    R"("control": "control", "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

Finished drill(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {program(), "drill"});
  return run_to_end(std::move(arguments), folder / ".");
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a drill kills a worker each second, and tells what clients saw") {
  const TemporaryFolder folder;
  const Model model{3, 1};
  const auto server = ServerProcess::run(model, folder, configuration);
  const auto before = server->workers(model);
  const Finished result = drill(folder, {"kill", "--seconds", "2", "--connections", "12"});
  CAPTURE(result.output);
  CHECK(result.exit_code == (has(result.output, "\n0 requests failed") ? 0 : 1));
  CHECK(has(result.output, " killed\n"));
  CHECK(server->workers(model) != before);
  CHECK(server->connect().get("/").body == "answer");
}

TEST_CASE("a drill holds a worker's threads; the launcher sees it, and new connections go elsewhere") {
  const TemporaryFolder folder;
  const Model model{2, 2};
  const auto server = ServerProcess::run(model, folder, configuration);
  const Finished result = drill(folder, {"stall", "--seconds", "2", "--connections", "4"});
  CAPTURE(result.output);
  CHECK(result.exit_code == 0);
  CHECK(has(result.output, "\n0 requests failed"));
  CHECK(has(server->standard_error(), "is held by handlers"));
  CHECK(eventually([&] { return has(server->standard_error(), "goes on"); }));
}

TEST_CASE("a drill takes a worker's memory, which recycle notices, and gives it back") {
  const TemporaryFolder folder;
  const Model model{2, 1};
  const auto server = ServerProcess::run(model, folder, R"("recycle": {"memory": "150M"}, )" + configuration);
  const Finished result = drill(folder, {"leak", "--seconds", "3", "--connections", "4", "--rate", "20"});
  CAPTURE(result.output);
  CHECK(result.exit_code == 0);
  CHECK(eventually([&] { return has(server->standard_error(), "KiB of memory"); }));
}

TEST_CASE("a drill that makes no sense is refused") {
  const TemporaryFolder folder;
  CHECK(drill(folder, {"burn"}).exit_code == 2);
  CHECK(drill(folder, {"kill"}).exit_code == 1);  // there is no server
}

}  // namespace drill_test
