#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace configuration_test {

using namespace ropeway::testing;

namespace {

Finished run_program(std::vector<std::string> arguments, const TemporaryFolder& folder) {
  arguments.insert(arguments.begin(), program());
  return run_to_end(std::move(arguments), folder.path().string());
}

}  // namespace

TEST_CASE("a mistake in the configuration is shown with its place, by check and by run, with exit code 2") {
  struct Case {
    std::string text, place;
    std::vector<std::string> words;
  };
  const std::string route = R"("routes": [{"match": "/", "handler": "health"}])";
  const std::vector<Case> cases = {
      {"{\n  \"thraeds\": 1,\n  " + route + "\n}", ":2:3", {"thraeds", "threads"}},
      {"{\n  \"threads\": 0,\n  " + route + "\n}", ":2:14", {"threads", "^"}},
      {"{\n  \"threads\": \"many\",\n  " + route + "\n}", ":2:14", {"^"}},
      {"{\n  \"threads\": 1,,\n  " + route + "\n}", ":2:", {"^"}},
      {"{\n  \"listen\": [\"nonsense::\"],\n  " + route + "\n}", ":2:14", {"nonsense"}},
      {"{\n  \"routes\": [\n    {\"match\": \"/\", \"handler\": \"helth\"}]\n}", ":3:", {"helth", "health"}},
      {"{\n  \"routes\": [\n    {\"match\": \"/\", \"handler\": \"fixed_response\",\n     \"options\": {\"statuss\": 200}}]\n}",
       ":4:18",
       {"statuss", "status"}},
      {"{\n  \"routes\": [\n    {\"match\": \"/{path...}\", \"handler\": \"static_files\",\n     \"options\": {\"root\": "
       "\"no-such-folder\"}}]\n}",
       ":4:",
       {"no-such-folder"}},
      {"{\n  \"routes\": [\n    {\"match\": \"GET /x\", \"handler\": \"health\"},\n    {\"match\": \"GET /x\", \"handler\": "
       "\"health\"}]\n}",
       ":4:",
       {"/x"}},
  };
  for (const std::string command : {"check", "run"}) {
    for (const Case& c : cases) {
      CAPTURE(command);
      CAPTURE(c.text);
      const TemporaryFolder folder;
      const std::string file = folder.write("ropeway.json", c.text);
      const Finished finished = run_program({command, "--config", file}, folder);
      CAPTURE(finished.error);
      CHECK(finished.exit_code == 2);
      CHECK(finished.error.find("ropeway.json" + c.place) != std::string::npos);
      for (const std::string& word : c.words) CHECK(finished.error.find(word) != std::string::npos);
    }
  }
}

TEST_CASE("all mistakes are shown at once") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("ropeway.json", "{\n\"thraeds\": 1,\n\"processes\": -1,\n\"routes\": [{\"match\": \"/\", \"handler\": \"helth\"}]}");
  const Finished finished = run_program({"check", "--config", file}, folder);
  CHECK(finished.exit_code == 2);
  for (const std::string place : {":2:", ":3:", ":4:"}) CHECK(finished.error.find("ropeway.json" + place) != std::string::npos);
}

TEST_CASE("all mistakes that handlers and patterns find are shown at once, too") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", R"({"routes": [
{"match": "GET hello", "handler": "health"},
{"match": "/a/{x", "handler": "redirect", "options": {"to": "x y"}},
{"match": "/b", "handler": "static_files", "options": {"root": "missing"}}]})");
  const Finished finished = run_program({"check", "--config", file}, folder);
  CHECK(finished.exit_code == 2);
  for (const std::string place : {":2:", ":3:", ":4:"}) CHECK(finished.error.find("ropeway.json" + place) != std::string::npos);
}

TEST_CASE("mistakes of every kind are shown at once: keys and values, patterns, conflicts, and what handlers find") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", R"({"thraeds": 1, "limits": {"connections": 0}, "routes": [
{"match": "/a", "handler": "static_files", "options": {"root": "missing"}},
{"match": "get /b", "handler": "health"},
{"match": "GET /c", "handler": "helth"},
{"match": "GET /c", "handler": "health"},
{"match": "GET /d/{x}", "handler": "health"},
{"match": "GET /{y}/e", "handler": "redirect", "options": {"to": "a\u001bb"}},
{"match": "GET /c", "handler": "health", "options": {"x": 1}}
]})");
  const Finished finished = run_program({"check", "--config", file}, folder);
  CAPTURE(finished.error);
  CHECK(finished.exit_code == 2);
  for (const std::string place : {"1:2", "1:42", "2:64", "3:11", "4:32", "5:11", "7:11", "7:66", "8:11", "8:54"}) {
    CAPTURE(place);
    CHECK(finished.error.find("ropeway.json:" + place + ": error: ") != std::string::npos);
  }
  CHECK(finished.error.find("did you mean \"GET\"") != std::string::npos);
  CHECK(finished.error.find('\x1b') == std::string::npos);
}

TEST_CASE("all that is wrong with the options of one handler is shown at once") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("ropeway.json", R"({"middlewares": [{"name": "compression", "options": {"types": ["text", "a b/"]}}], "routes": [
{"match": "/a", "handler": "static_files", "options": {"root": "missing", "index": ["../x", "y", "a/b"], "prefix": "x", "cache_control": "a\nb",
 "headers": {"A b": "x", "ETag": "y"}, "rules": [{"match": "*", "headers": {"Date": "z"}}], "media_types": {"md": "x"}, "charset": "\r", "fallback": "/../"}},
{"match": "/b", "handler": "fixed_response", "options": {"status": 204, "body": "x", "headers": {"A b": "x", "X": "a\nb", "Content-Length": "5"}}},
{"match": "/c", "handler": "redirect", "options": {"to": "bad", "status": 304}}
]})");
  const Finished finished = run_program({"check", "--config", file}, folder);
  CAPTURE(finished.error);
  CHECK(finished.exit_code == 2);
  std::size_t mistakes = 0;
  for (std::size_t at = finished.error.find(": error: "); at != std::string::npos; at = finished.error.find(": error: ", at + 1))
    ++mistakes;
  CHECK(mistakes == 2 + 11 + 4 + 2);
}

TEST_CASE("a configuration without end is refused") {
  const TemporaryFolder folder;
  const Finished finished = run_program({"check", "--config", "/dev/zero"}, folder);
  CHECK(finished.exit_code == 2);
  CHECK(finished.error.find("larger than 16 MiB") != std::string::npos);
}

TEST_CASE("a variable of the environment overrides the file, and a mistake in it is named") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json", R"({"listen": ["127.0.0.1:0"], "routes": [{"match": "/", "handler": "health"}]})");
  const Finished wrong = run_to_end({"/usr/bin/env", "ROPEWAY_THREADS=many", program(), "check", "--config", file}, folder.path().string());
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.error.find("ROPEWAY_THREADS") != std::string::npos);
  ServerProcess server({"ROPEWAY_PROCESSES=3", program(), "run", "--config", file}, folder.path().string(), "/usr/bin/env");
  CHECK(server.workers({3, 1}).size() == 3);
}

TEST_CASE("check accepts what run would serve, and binds nothing") {
  const TemporaryFolder folder;
  const Model model{1, 1};
  const auto server = ServerProcess::run(model, folder, R"("routes": [{"match": "/", "handler": "health"}])");
  const std::string port = std::to_string(server->address().port);
  const std::string file =
      folder.write("taken.json", "{\"listen\": [\"127.0.0.1:" + port + R"("], "routes": [{"match": "/", "handler": "health"}]})");
  const Finished finished = run_program({"check", "--config", file}, folder);
  CAPTURE(finished.error);
  CHECK(finished.exit_code == 0);
  CHECK(server->connect().get("/").body == "ok\n");
}

TEST_CASE("a configuration that is not there, and a wrong command line, give exit code 2 and a sentence") {
  const TemporaryFolder folder;
  const std::vector<std::vector<std::string>> wrong = {
      {"check", "--config", "missing.json"}, {"run", "--config", "missing.json"}, {"run", "--nonsense"}, {"nonsense"}};
  for (const auto& arguments : wrong) {
    CAPTURE(arguments.front());
    const Finished finished = run_program(arguments, folder);
    CHECK(finished.exit_code == 2);
    CHECK_FALSE((finished.error + finished.output).empty());
  }
}

TEST_CASE("the schema is JSON and knows every part of the configuration") {
  const TemporaryFolder folder;
  const Finished finished = run_program({"schema"}, folder);
  CHECK(finished.exit_code == 0);
  const auto schema = parsed_json(finished.output);
  for (const std::string name : {"processes", "threads", "listen", "routes", "limits", "timeouts", "log"}) {
    CAPTURE(name);
    CHECK(schema.at("properties").contains(name));
  }
}

TEST_CASE("a schema that cannot be written is a failure") {
  const TemporaryFolder folder;
  const Finished finished = run_to_end({"/bin/sh", "-c", program() + " schema >/dev/full"}, folder.path().string());
  CHECK(finished.exit_code == 1);
  CHECK(finished.error.find("No space left on device") != std::string::npos);
}

}  // namespace configuration_test
