// `ropeway plan`: what a new configuration would change.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace plan_test {

using namespace ropeway::testing;

namespace {

const std::string route = R"("routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "answer"}}])";

std::string configuration(const std::string& members) {
  return "{\n\"processes\": 2,\n\"threads\": 1,\n\"control\": \"control\",\n" + members + "\n" + route + "}";
}

Finished plan(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {program(), "plan"});
  return run_to_end(std::move(arguments), folder / ".");
}

}  // namespace

TEST_CASE("a new file is compared with what runs, and nothing is changed") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", configuration(R"("listen": ["127.0.0.1:0", "unix:a.sock"],)"));
  const ServerProcess server({"run"}, folder / ".");
  const auto workers = server.workers({2, 1});
  CHECK(plan(folder, {}).output.starts_with("no difference"));

  folder.write("new.json", configuration("\"listen\": [\"unix:b.sock\", \"127.0.0.1:0\"],\n\"canary\": {\"percent\": 20},"));
  folder.write("ropeway.json", "{ no JSON");  // what runs is what counts
  const Finished text = plan(folder, {"new.json", "--control", folder / "control"});
  CHECK(text.exit_code == 0);
  CHECK(text.output ==
        "ropeway.json:5:27: rebind: listen: \"unix:a.sock\" is closed\n"
        "new.json:5:12: rebind: listen: \"unix:b.sock\" is opened\n"
        "new.json:6:23: hot: canary.percent: 10 -> 20\n"
        "a reload does it: addresses are opened and closed, and workers replaced, one after another\n");
  const auto json = parsed_json(plan(folder, {"new.json", "--json", "--control", folder / "control"}).output);
  CHECK(json["cost"] == "rebind");
  CHECK(json["from"] == "ropeway.json");
  REQUIRE(json["changes"].size() == 3);
  CHECK(json["changes"][2] == nlohmann::json{{"name", "canary.percent"},
                                             {"pointer", "/canary/percent"},
                                             {"change", "changed"},
                                             {"before", 10},
                                             {"after", 20},
                                             {"cost", "hot"},
                                             {"file", "new.json"},
                                             {"line", 6},
                                             {"column", 23}});
  CHECK(server.workers({2, 1}) == workers);
  CHECK(std::filesystem::exists(folder / "a.sock"));
  CHECK_FALSE(std::filesystem::exists(folder / "b.sock"));
}

TEST_CASE("what needs a restart has an exit code of its own, and is what a reload refuses") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", configuration(R"("listen": ["127.0.0.1:0"],)"));
  const ServerProcess server({"run"}, folder / ".");
  std::string alone = configuration(R"("listen": ["127.0.0.1:0"],)");
  alone.replace(alone.find("2,"), 1, "0");
  folder.write("ropeway.json", alone);
  const Finished planned = plan(folder, {});
  CHECK(planned.exit_code == 3);
  CHECK(planned.output.find("ropeway.json:2:14: restart: processes: 2 -> 0\n") != std::string::npos);
  const Finished reload = run_to_end({program(), "reload", "--wait"}, folder / ".");
  CHECK(reload.exit_code == 2);
  CHECK(reload.error.find("ropeway.json:2:14: error: processes: from or to 0 needs a restart") != std::string::npos);
}

TEST_CASE("two files are compared without a server; mistakes are those of `check`") {
  const TemporaryFolder folder;
  folder.write("old.json", configuration(""));
  folder.write("new.json", configuration("\"keeper\": true,"));
  const Finished between = plan(folder, {"new.json", "--from", "old.json"});
  CHECK(between.exit_code == 0);
  CHECK(between.output.starts_with("new.json:5:11: rolling: keeper: false -> true\n"));

  folder.write("bad.json", configuration("\"keeperr\": true,"));
  const Finished bad = plan(folder, {"bad.json", "--from", "old.json"});
  CHECK(bad.exit_code == 2);
  CHECK(bad.error == run_to_end({program(), "check", "--config", "bad.json"}, folder / ".").error);
  CHECK(plan(folder, {"new.json", "--from", "bad.json"}).exit_code == 1);
  CHECK(plan(folder, {"new.json", "--from", "none.json"}).exit_code == 1);
  const Finished nobody = plan(folder, {"new.json", "--control", folder / "control"});
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.error.find("No server with this configuration runs") != std::string::npos);
}

TEST_CASE("variables that override what runs override the new file, too") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", configuration(R"("listen": ["127.0.0.1:0"],)"));
  const ServerProcess server({"ROPEWAY_TIMEOUTS_IDLE=7s", program(), "run"}, folder / ".", "/usr/bin/env");
  folder.write("new.json", configuration(R"("timeouts": {"idle": "8s", "send": "9s"}, "listen": ["127.0.0.1:0"],)"));
  const Finished planned = plan(folder, {"new.json"});
  CHECK(planned.output.find("timeouts.send") != std::string::npos);
  CHECK(planned.output.find("timeouts.idle") == std::string::npos);
}

}  // namespace plan_test
