#include "core/src/config/loader.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "tests/core/config/sample_catalogue.hpp"

namespace ropeway::config {
namespace {

std::string shown(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) text += std::to_string(d.line) + ":" + std::to_string(d.column) + " " + d.message + "\n";
  return text;
}

/// A file in a folder of its own, gone with the scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropeway-config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(path(), std::ios::binary) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/ropeway.json"; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace

TEST_CASE("one mistake in a configuration has its line, column and words") {
  struct Case {
    const char* text;
    const char* shown;
  };
  const Case cases[] = {
      {"[]", "1:1 found an empty list, expected an object\n"},
      {"{\"thread\": 4}", "1:2 unknown setting \"thread\", did you mean \"threads\"?\n"},
      {"\xEF\xBB\xBF{\"thread\": 4}", "1:2 unknown setting \"thread\", did you mean \"threads\"?\n"},
      {"{\r\n\t\"threads\": 0\r\n}", "2:13 found 0, expected \"auto\" or a whole number from 1 to 1024\n"},
      {"{ /* \xC3\xA9 */ \"threads\": 1.5}", "1:23 found 1.5, expected \"auto\" or a whole number from 1 to 1024\n"},
      {"{\"processes\": 1025}", "1:15 found 1025, expected \"auto\" or a whole number from 0 to 1024, or an object\n"},
      {"{\"processes\": \"Auto\"}", "1:15 found \"Auto\", expected \"auto\" or a whole number from 0 to 1024, or an object\n"},
      {"{\"processes\": 99999999999999999999}", "1:15 found 1e+20, expected \"auto\" or a whole number from 0 to 1024, or an object\n"},
      {"{\"processes\": null}", "1:15 found null, expected \"auto\" or a whole number from 0 to 1024, or an object\n"},
      {"{\"listen\": \":80\"}", "1:12 found \":80\", expected a list of at least 1 element\n"},
      {"{\"listen\": []}", "1:12 found an empty list, expected a list of at least 1 element\n"},
      {"{\"listen\": [8000]}", "1:13 found 8000, expected a string, or an object\n"},
      {"{\"listen\": [{\"address\": \"[::1]\"}]}",
       "1:25 found \"[::1]\", expected \"host:port\", \"[v6]:port\", \":port\", \"port\", \"unix:path\", \"systemd\" or "
       "\"systemd:name\"\n"},
      {"{\"listen\": [{\"proxy_protocol\": false}]}", "1:13 \"address\" is missing, expected a string\n"},
      {"{\"listen\": [{\"address\": 8000}]}", "1:25 found 8000, expected a string\n"},
      {"{\"listen\": [{\"address\": \":80\", \"proxy_protocol\": \"v2\"}]}", "1:50 found \"v2\", expected true or false\n"},
      {"{\"listen\": [{\"address\": \":80\", \"proxy_protocal\": true}]}",
       "1:32 unknown setting \"proxy_protocal\", did you mean \"proxy_protocol\"?\n"},
      {"{\"listen\": [\":80\", {\"address\": \"0.0.0.0:80\"}]}", "1:32 \"0.0.0.0:80\" is the same address as \":80\"\n"},
      {"{\"listen\": [{\"address\": \":80\", \"proxy_protocol\": true}]}",
       "1:50 nobody is trusted to send a PROXY header here, so every connection would be closed: add the load balancer's address to "
       "\"trusted_proxies\"\n"},
      {"{\"trusted_proxies\": [\"unix\"], \"listen\": [{\"address\": \":80\", \"proxy_protocol\": true}]}",
       "1:79 nobody is trusted to send a PROXY header here, so every connection would be closed: add the load balancer's address to "
       "\"trusted_proxies\"\n"},
      {"{\"trusted_proxies\": [\"10.0.0.0/8\"], \"listen\": [{\"address\": \"unix:a\", \"proxy_protocol\": true}]}",
       "1:88 nobody is trusted to send a PROXY header here, so every connection would be closed: add \"unix\" to \"trusted_proxies\"\n"},
      {"{\"listen\": [\":80\", \"0.0.0.0:80\"]}", "1:20 \"0.0.0.0:80\" is the same address as \":80\"\n"},
      {"{\"listen\": [\"127.0.0.1:80\", \"0.0.0.0:80\", \"[::1]:80\"]}",
       "1:29 \"0.0.0.0:80\" and \"127.0.0.1:80\" have the same port, and one of them stands for every address: remove the other\n"},
      {"{\"listen\": [\":80\",\n\":80\"]}", "2:1 \":80\" is listed twice\n"},
      {"{\"limits\": {\"body_bytes\": \"16 megabytes\"}}",
       "1:27 found \"16 megabytes\", expected a size from 0 to 1T, such as \"16k\", \"8M\" or a number of bytes\n"},
      {"{\"timeouts\": {\"idle\": 0}}",
       "1:23 found 0, expected a duration from 1ms to 24h, such as \"250ms\", \"30s\", \"5m\" or a number of seconds\n"},
      {"{\"timeouts\": {\"body_rate\": -1}}",
       "1:28 found -1, expected a rate from 0 to 1G, such as \"16k\" or a number of bytes per second\n"},
      {"{\"log\": {\"level\": \"warn\"}}", "1:19 found \"warn\", expected one of \"debug\", \"info\", \"warning\", \"error\", \"off\"\n"},
      {"{\"log\": {\"level\": \"wraning\"}}",
       "1:19 found \"wraning\", expected one of \"debug\", \"info\", \"warning\", \"error\", \"off\", did you mean \"warning\"?\n"},
      {"{\"log\": {\"access\": {\"file\": \"a\\u0000b\"}}}",
       "1:29 found \"a\xEF\xBF\xBD"
       "b\", but a path cannot hold a NUL character\n"},
      {"{\"log\": {\"zzz\": 1}}", "1:10 unknown setting \"zzz\", expected one of \"level\", \"file\", \"format\", \"access\"\n"},
      {"{\"server_name\": \"a\\r\\nSet-Cookie: x\"}",
       "1:17 found \"a\xEF\xBF\xBD\xEF\xBF\xBDSet-Cookie: x\", expected printable ASCII with no space at its ends\n"},
      {"{\"routes\": [{\"match\": \"/\"}]}",
       "1:13 \"handler\" is missing, expected a string that is not empty (or \"try\" with several of them)\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"hello\", \"try\": [\"hello\"]}]}",
       "1:48 \"try\" stands in the place of \"handler\": write that among the others, or remove one\n"},
      {"{\"routes\": [{\"match\": \"/\", \"options\": {\"root\": \".\"}, \"try\": [\"hello\"]}]}",
       "1:28 with \"try\", each handler has options of its own: {\"handler\": \"...\", \"options\": {...}}\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": [\"hello\", \"helo\"]}]}", "1:45 unknown handler \"helo\", did you mean \"hello\"?\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": [\"static\"]}]}", "1:36 \"root\" is missing, expected a path\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": [{\"handler\": \"static\", \"options\": {\"rot\": 1}}]}]}",
       "1:69 \"root\" is missing, expected a path\n1:70 unknown setting \"rot\", did you mean \"root\"?\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": [{\"handler\": \"static\"}]}]}", "1:48 \"root\" is missing, expected a path\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": []}]}", "1:35 found an empty list, expected a list from 1 to 16 elements\n"},
      {"{\"routes\": [{\"match\": \"/\", \"try\": \"hello\"}]}", "1:35 found \"hello\", expected a list from 1 to 16 elements\n"},
      {"{\"routes\": [{\"match\": \"\", \"handler\": \"hello\"}]}", "1:23 found \"\", expected a string that is not empty\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"statik\", \"options\": 3}]}",
       "1:39 unknown handler \"statik\", did you mean \"static\"?\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"php\"}]}",
       "1:39 unknown handler \"php\", expected one of \"static\", \"hello\", \"redirect\"\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"static\"}]}", "1:39 \"root\" is missing, expected a path\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"static\", \"options\": {}}]}", "1:60 \"root\" is missing, expected a path\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"hello\", \"options\": {\"x\": 1}}]}",
       "1:60 unknown setting \"x\", none is expected here\n"},
      {"{\"routes\": [{\"match\": \"/\", \"handler\": \"redirect\", \"options\": {\"status\": 200}}]}",
       "1:73 found 200, expected a whole number from 300 to 399\n"},
      {"{\"middlewares\": [\"compres\"]}", "1:18 unknown middleware \"compres\", did you mean \"compress\"?\n"},
      {"{\"middlewares\": [\"token\"]}", "1:18 \"secret\" is missing, expected a string\n"},
      {"{\"middlewares\": [{\"name\": \"token\"}]}", "1:27 \"secret\" is missing, expected a string\n"},
      {"{\"middlewares\": [{\"name\": \"compress\", \"options\": {\"minimum\": true}}]}",
       "1:62 found true, expected a size of at least 0, such as \"16k\", \"8M\" or a number of bytes\n"},
      {"{\"middlewares\": [5]}", "1:18 found 5, expected a string that is not empty, or an object\n"},
      {"{\"$schema\": 1}", "1:13 found 1, expected a string\n"},
      {"{\"threads\": 1, \"threads\": 2}", "1:16 \"threads\" is repeated: it is already set in line 1, column 2\n"},
      {"{\"threads\": 1e999}", "1:13 found \"1e999\": this number is too large\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Loaded loaded = load_sample(c.text);
    CHECK(loaded.config == nullptr);
    CHECK(shown(loaded.diagnostics) == c.shown);
  }
}

TEST_CASE("everything that is wrong is told at once, in the order of the file") {
  const Loaded loaded = load_sample(R"({
  "proceses": 4,            // a misspelt key
  "threads": "many",
  "listen": ["127.0.0.1", ":99999"],
  "routes": [
    { "match": "/", "handler": "statik" },
    { "handler": "static", "options": { "rooot": ".", "listing": 1 } }
  ],
  "threads": 0,
  "limits": { "header_count": 0 },
  "server_name": " x"
})",
                                    [](const char* name) { return std::string_view(name) == "ROPEWAY_BLOCKING_QUEUE" ? "none" : nullptr; });
  CHECK(shown(loaded.diagnostics) ==
        "2:3 unknown setting \"proceses\", did you mean \"processes\"?\n"
        "4:14 \"127.0.0.1\" names no port: write \"127.0.0.1:8000\"\n"
        "4:27 found the port \"99999\", expected a number from 0 to 65535\n"
        "6:32 unknown handler \"statik\", did you mean \"static\"?\n"
        "7:5 \"match\" is missing, expected a string that is not empty\n"
        "7:39 \"root\" is missing, expected a path\n"
        "7:41 unknown setting \"rooot\", did you mean \"root\"?\n"
        "7:66 found 1, expected true or false\n"
        "9:3 \"threads\" is repeated: it is already set in line 3, column 3\n"
        "9:14 found 0, expected \"auto\" or a whole number from 1 to 1024\n"
        "10:31 found 0, expected a whole number from 1 to 10000\n"
        "11:18 found \" x\", expected printable ASCII with no space at its ends\n"
        "0:0 ROPEWAY_BLOCKING_QUEUE: found \"none\", expected a whole number from 1 to 1000000\n");
  CHECK(loaded.diagnostics[0].text() ==
        "/etc/ropeway/ropeway.json:2:3: error: unknown setting \"proceses\", did you mean \"processes\"?\n"
        "    \"proceses\": 4,            // a misspelt key\n"
        "    ^");
  CHECK(loaded.diagnostics[0].pointer == "/proceses");
  CHECK(loaded.diagnostics.back().text() ==
        "environment: error: ROPEWAY_BLOCKING_QUEUE: found \"none\", expected a whole number from 1 to 1000000");
}

TEST_CASE("a configuration with a million mistakes shows the first hundred") {
  std::string text = "{\"listen\": [";
  for (int i = 0; i < 100'000; ++i) text += i == 0 ? "1" : ",1";
  const Loaded loaded = load_sample(text + "]}");
  CHECK(loaded.diagnostics.size() == 100);
  CHECK(loaded.untold == 99'900);
  CHECK(report(loaded.diagnostics, loaded.untold).ends_with("\nand 99900 mistakes more\n"));
}

TEST_CASE("a file is read from its path, and paths in it start at its folder") {
  const TemporaryFile file(R"({"routes": [{"match": "/", "handler": "static", "options": {"root": "site/../www"}}],
                              "log": {"file": "logs/error.log", "access": {"file": "/var/log/access"}}, "listen": ["unix:r.sock"]})");
  const Loaded loaded = load(read_text(file.path()).text, file.path(), sample_catalogue());
  REQUIRE(loaded.config != nullptr);
  CHECK(loaded.config->routes[0].handler.options->path("root") == file.folder() + "/www");
  CHECK(loaded.config->log.file == file.folder() + "/logs/error.log");
  CHECK(loaded.config->log.access.file == "/var/log/access");
  CHECK(loaded.config->listen[0].host == file.folder() + "/r.sock");
}

TEST_CASE("a file that cannot be read has the system's error") {
  const TemporaryFile file("{}");
  CHECK(read_text(file.folder() + "/none.json").error == ENOENT);
  CHECK(read_text(file.folder()).error == EISDIR);
}

TEST_CASE("what has no mistake can be tried although other things have") {
  const Loaded loaded = load_sample(R"({"threads": "many", "limits": {"body_bytes": "2k", "connections": 0}, "routes": [
    {"match": "/a", "handler": "hello"}, 7, {"match": 3, "handler": "hello"}, {"handler": "hello"}, {"match": "/b"},
    {"match": "/c", "handler": "hello", "options": {"x": 1}}, {"match": "/d", "handler": "hello", "middlewares": ["compres", "compress"]}]})");
  CHECK(loaded.config == nullptr);
  REQUIRE(loaded.sound != nullptr);
  const ServerConfig& sound = *loaded.sound;
  CHECK_FALSE(sound.threads);
  CHECK(sound.limits.connections == 16384);
  REQUIRE(sound.routes.size() == 4);
  CHECK(sound.routes[0].handler.options);
  CHECK(sound.routes[1].pointer == "/routes/4");
  CHECK_FALSE(sound.routes[1].handler.options);
  CHECK_FALSE(sound.routes[2].handler.options);
  CHECK(sound.routes[3].handler.options);
  REQUIRE(sound.routes[3].middlewares.size() == 1);
  CHECK(sound.routes[3].middlewares[0].pointer == "/routes/6/middlewares/1/name");
  for (const std::string_view text : {"[]", "{", "3"}) CHECK(load_sample(text).sound == nullptr);
  const Loaded addresses = load_sample(
      R"({"listen": [":80", 7, ":x", {"address": 3}, {"proxy_protocol": true}, {"address": ":81", "proxy_protocol": 1}, ":82"]})");
  REQUIRE(addresses.sound != nullptr);
  REQUIRE(addresses.sound->listen.size() == 2);
  CHECK(addresses.sound->listen[1].pointer == "/listen/6");
  for (const std::string_view text : {R"({"listen": ":80"})", R"({"listen": []})"}) CHECK(load_sample(text).sound->listen.empty());
}

TEST_CASE("a file that is too large is refused before it is read whole") {
  const TemporaryFile file(std::string(17 * 1024 * 1024, ' '));
  const Loaded loaded = load(read_text(file.path()).text, file.path(), sample_catalogue());
  CHECK(shown(loaded.diagnostics) == "1:1 the file is larger than 16 MiB\n");
}

TEST_CASE("a mistake that a handler finds later gets its place in the file") {
  const TemporaryFile file("{\"routes\": [\n {\"match\": \"/\", \"handler\": \"static\",\n  \"options\": {\"root\": \"nowhere\"}}]}");
  const Loaded loaded = load(read_text(file.path()).text, file.path(), sample_catalogue());
  REQUIRE(loaded.config != nullptr);
  const auto& handler = loaded.config->routes[0].handler;
  const Diagnostic written = locate(handler.options->error("root", "no such folder"), read_text(file.path()).text, file.path());
  CHECK(written.text() ==
        file.path() + ":3:23: error: no such folder\n    \"options\": {\"root\": \"nowhere\"}}]}\n                        ^");
  const Diagnostic by_default = locate(handler.options->error("index", "no such file"), read_text(file.path()).text, file.path());
  CHECK(shown({by_default}) == "3:14 no such file\n");
  const Diagnostic gone = locate(ConfigError("/threads", "too many"), "no JSON", "ropeway.json");
  CHECK(shown({gone}) == "0:0 too many\n");
}

}  // namespace ropeway::config
