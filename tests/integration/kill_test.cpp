// Workers that are killed under load: what a strict client sees of it.

#include <doctest/doctest.h>

#include <signal.h>

#include <random>
#include <string>

#include "tests/support/server_process.hpp"
#include "tests/support/strict_client.hpp"

namespace kill_test {

using namespace ropeway::testing;

TEST_CASE("while workers are killed under load, no connection is refused, no answer is cut, and all others are served") {
  const TemporaryFolder folder;
  const Model model{3, 2};
  const auto server = ServerProcess::run(
      model, folder,
      R"("log": {"level": "error"}, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])");
  StrictClient::Options options;
  options.keep_alive = 256;
  options.body = "answer";
  StrictClient client(server->address(), options);
  constexpr int kills = 8;
  std::mt19937 random(42);
  for (int kill = 0; kill < kills; ++kill) {
    const std::uint64_t before = client.answered();
    REQUIRE(eventually([&] { return client.answered() >= before + 2000; }));
    const auto workers = server->workers(model);
    REQUIRE_FALSE(workers.empty());
    REQUIRE(::kill(workers[random() % workers.size()], SIGKILL) == 0);
  }
  REQUIRE(eventually([&] { return server->workers(model).size() == model.processes; }));
  const StrictClient::Counts counts = client.finish();
  MESSAGE(kills, " kills: ", counts.answered, " answered (", counts.answered_once, " on connections of their own), ", counts.refused,
          " refused, ", counts.truncated, " cut, ", counts.late, " late, ", counts.unanswered, " lost with their worker's connections (",
          counts.first_unanswered, " of them the first on its connection)");
  CHECK(counts.refused == 0);
  CHECK(counts.wrong == 0);
  CHECK(counts.truncated == 0);
  CHECK(counts.late == 0);
  // A worker that is killed takes the connections with it that it holds, at most all of them.
  CHECK(counts.unanswered <= std::uint64_t{kills} * (options.keep_alive + 8));
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

}  // namespace kill_test
