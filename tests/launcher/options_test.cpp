#include "launcher/src/options.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace options_test {
namespace {

using namespace ropeway::launcher;
using Command = Options::Command;

Parsed parse(std::vector<const char*> words, bool serves = true) {
  words.insert(words.begin(), "/usr/bin/hello");
  return parse_options(static_cast<int>(words.size()), words.data(), serves);
}

TEST_CASE("command lines that are understood") {
  struct Case {
    std::vector<const char*> words;
    bool serves;
    std::function<bool(const Options&)> holds;
  };
  const std::vector<Case> cases{
      {{"serve"},
       true,
       [](const Options& o) {
         return o.command == Command::serve && o.serve.folder == "." && o.serve.port == 8000 && o.serve.bind.empty() && o.serve.listing &&
                !o.serve.quiet;
       }},
      {{"serve", "/srv", "--port", "0"}, true, [](const Options& o) { return o.serve.folder == "/srv" && o.serve.port == 0; }},
      {{"serve", "-p", "81", "/srv"}, true, [](const Options& o) { return o.serve.folder == "/srv" && o.serve.port == 81; }},
      {{"serve", "--bind", "127.0.0.1", "/srv"},
       true,
       [](const Options& o) { return o.serve.bind == std::vector<std::string>{"127.0.0.1"} && o.serve.folder == "/srv"; }},
      {{"serve", "--bind", "[::1]", "--bind", "localhost"},
       true,
       [](const Options& o) { return o.serve.bind == std::vector<std::string>{"::1", "127.0.0.1"}; }},
      {{"serve", "--processes", "0", "--threads", "3"},
       true,
       [](const Options& o) { return o.serve.processes == 0U && o.serve.threads == 3U; }},
      {{"serve", "--no-listing", "--quiet"}, true, [](const Options& o) { return !o.serve.listing && o.serve.quiet; }},
      {{"serve", "--log-access", "-"}, true, [](const Options& o) { return o.serve.access_log == "-"; }},
      {{"serve", "--ready-fd", "2"}, true, [](const Options& o) { return o.ready_descriptor == 2; }},
      {{"run"}, true, [](const Options& o) { return o.command == Command::run && o.config == "ropeway.json" && o.ready_descriptor == -1; }},
      {{"run", "--config", "a.json", "--ready-fd", "1"},
       true,
       [](const Options& o) { return o.config == "a.json" && o.ready_descriptor == 1; }},
      {{"check", "-c", "b.json"}, true, [](const Options& o) { return o.command == Command::check && o.config == "b.json"; }},
      {{"plan"}, true, [](const Options& o) { return o.command == Command::plan && o.new_config.empty() && o.config == "ropeway.json"; }},
      {{"plan", "b.json", "--from", "a.json", "--json"},
       false,
       [](const Options& o) { return o.new_config == "b.json" && o.from == "a.json" && o.json; }},
      {{"schema"}, true, [](const Options& o) { return o.command == Command::schema && !o.markdown; }},
      {{"schema", "--markdown"}, true, [](const Options& o) { return o.markdown; }},
      {{}, false, [](const Options& o) { return o.command == Command::run && o.config == "ropeway.json"; }},
      {{"--config", "c.json"}, false, [](const Options& o) { return o.command == Command::run && o.config == "c.json"; }},
      {{"--ready-fd", "1"}, false, [](const Options& o) { return o.ready_descriptor == 1; }},
      {{"check", "--config", "c.json"}, false, [](const Options& o) { return o.command == Command::check && o.config == "c.json"; }},
  };
  for (const auto& test : cases) {
    std::string line;
    for (const char* word : test.words) line += std::string(" ") + word;
    CAPTURE(line);
    const Parsed parsed = parse(test.words, test.serves);
    CAPTURE(parsed.text);
    REQUIRE(parsed.options.has_value());
    CHECK(test.holds(*parsed.options));
  }
}

TEST_CASE("command lines that are wrong end with code 2 and say what is wrong") {
  struct Case {
    std::vector<const char*> words;
    bool serves;
    std::string says;
  };
  const std::vector<Case> cases{
      {{}, true, "Which command?"},
      {{"fly"}, true, "\"fly\" is no command. Run hello --help"},
      {{"sevre"}, true, "did you mean \"serve\"?"},
      {{"/tmp"}, true, "it is a folder: hello serve /tmp"},
      {{"serve", "--port", "99999"}, true, "65535"},
      {{"serve", "a", "b"}, true, "b"},
      {{"serve", "--port", "65536"}, true, "65536"},
      {{"serve", "--port", "http"}, true, "http"},
      {{"serve", "--bind", "example.org"}, true, "no numeric address"},
      {{"serve", "--threads", "0"}, true, "0"},
      {{"serve", "--ready-fd", "999"}, true, "descriptor 999 is not open"},
      {{"run", "--port", "1"}, true, "--port"},
      {{"serve"}, false, "serve"},
  };
  for (const auto& test : cases) {
    CAPTURE(test.says);
    const Parsed parsed = parse(test.words, test.serves);
    CHECK_FALSE(parsed.options.has_value());
    CHECK(parsed.exit_code == 2);
    CHECK_MESSAGE(parsed.text.find(test.says) != std::string::npos, parsed.text);
  }
}

TEST_CASE("help and version are printed with code 0") {
  const Parsed help = parse({"--help"});
  CHECK(help.exit_code == 0);
  for (const char* command : {"serve", "run", "check", "schema"}) CHECK(help.text.find(command) != std::string::npos);
  CHECK(parse({"serve", "--help"}).text.find("--no-listing") != std::string::npos);
  CHECK(parse({"--help"}, false).text.find("serve ") == std::string::npos);
  CHECK(parse({"--version"}).text.starts_with("ropeway "));
  CHECK(parse({"--version"}, false).text.starts_with("hello (ropeway "));
}

}  // namespace

}  // namespace options_test
