// What the program prints of itself and of a configuration: explain, routes, completion, manual.

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include <ropeway/json_document.hpp>

#include "tests/support/child_process.hpp"
#include "tests/support/json.hpp"
#include "tests/support/locations.hpp"

namespace command_line_test {

using namespace ropeway::testing;

namespace {

Finished run_program(const TemporaryFolder& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(arguments, folder.path().string());
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What the completion for bash offers where the last of `words` is being written.
std::vector<std::string> completions(const TemporaryFolder& folder, const std::vector<std::string>& words) {
  std::string script = "source completion; COMP_WORDS=(";
  for (const std::string& word : words) script += "'" + word + "' ";
  script += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _ropeway; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const Finished finished = run_to_end({"/bin/bash", "-c", script}, folder.path().string());
  CHECK(finished.error.empty());
  std::vector<std::string> offered;
  std::istringstream lines(finished.output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) offered.push_back(line);
  }
  return offered;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("explain tells a setting's value and where it comes from") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", R"({"threads": 3, "routes": [{"match": "/", "handler": "health"}]})");
  const Finished threads = run_program(folder, {"explain", "threads"});
  CHECK(threads.exit_code == 0);
  CHECK(has(threads.output, "ropeway.json:1:13"));
  const auto as_json = parsed_json(run_program(folder, {"explain", "/threads", "--json"}).output);
  CHECK(as_json["value"] == 3);
  CHECK(as_json["origin"] == "file");
  CHECK(as_json["column"] == 13);
  const Finished route = run_program(folder, {"explain", "routes.0"});
  CHECK(has(route.output, "health"));
  const Finished wrong = run_program(folder, {"explain", "limits.body_byte"});
  CHECK(wrong.exit_code == 2);
  CHECK(has(wrong.error, "did you mean \"body_bytes\"?"));
  folder.write("ropeway.json", R"({"thread": 3})");
  const Finished mistake = run_program(folder, {"explain", "threads"});
  CHECK(mistake.exit_code == 2);
  CHECK(has(mistake.error, "ropeway.json:1:2"));
}

TEST_CASE("routes lists every route with its handler and all middlewares in front of it") {
  const TemporaryFolder folder;
  folder.write("ropeway.json", R"({"middlewares": ["request_id"], "routes": [
    {"match": "GET /a", "handler": "health", "middlewares": ["security_headers"]},
    {"match": "/b", "handler": "fixed_response"}]})");
  const auto routes = parsed_json(run_program(folder, {"routes", "--json"}).output);
  REQUIRE(routes.size() == 2);
  CHECK(routes[0]["match"] == "GET /a");
  CHECK(routes[0]["handler"] == "health");
  CHECK(routes[0]["middlewares"] == nlohmann::json{"request_id", "security_headers"});
  CHECK(routes[0]["line"] == 2);
  CHECK(routes[1]["middlewares"] == nlohmann::json{"request_id"});
  const Finished table = run_program(folder, {"routes"});
  CHECK(has(table.output, "request_id, security_headers"));
  CHECK(has(table.output, "ropeway.json:3:5"));
}

TEST_CASE("bash completes commands, options and files") {
  const TemporaryFolder folder;
  folder.write("completion", run_program(folder, {"completion", "bash"}).output);
  folder.write("some.json", "");
  folder.write("site/index.html", "");
  CHECK(completions(folder, {"ropeway", "re"}) == Words{"reload", "reopen"});
  CHECK(completions(folder, {"ropeway", "serve", "--po"}) == Words{"--port"});
  CHECK(completions(folder, {"ropeway", "reload", "--w"}) == Words{"--wait"});
  CHECK(completions(folder, {"ropeway", "serve", "--wa"}).empty());
  CHECK(completions(folder, {"ropeway", "run", "--config", "so"}) == Words{"some.json"});
  CHECK(completions(folder, {"ropeway", "run", "-c", "so"}) == Words{"some.json"});
  CHECK(completions(folder, {"ropeway", "serve", "s"}) == Words{"site"});  // folders alone
  CHECK(completions(folder, {"ropeway", "serve", "--port", ""}).empty());
}

TEST_CASE("the scripts for zsh and fish are such, and know every command") {
  const TemporaryFolder folder;
  for (const char* shell : {"zsh", "fish"}) {
    CAPTURE(shell);
    const Finished script = run_program(folder, {"completion", shell});
    CHECK(script.exit_code == 0);
    folder.write("completion", script.output);
    const Finished read = run_to_end({"/usr/bin/env", shell, "-n", "completion"}, folder.path().string());
    CHECK(read.exit_code == 0);
    CHECK(read.error.empty());
    for (const char* word : {"serve", "run", "reload", "wait", "config", "drill"}) CHECK(has(script.output, word));
  }
  CHECK(run_program(folder, {"completion", "tcsh"}).exit_code == 2);
}

TEST_CASE("the manual page has every command and option") {
  const TemporaryFolder folder;
  const Finished page = run_program(folder, {"manual"});
  CHECK(page.exit_code == 0);
  CHECK(has(page.output, ".TH ropeway 1"));
  for (const char* part : {".SS serve", ".SS drill", "\\-\\-no\\-listing", "\\-\\-config"}) CHECK(has(page.output, part));
}

}  // namespace command_line_test
