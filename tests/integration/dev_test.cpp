// Working on a project or a folder with `ropeway dev`.

#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/sanitizers.hpp"
#include "tests/support/server_process.hpp"

namespace dev_test {

using namespace ropeway::testing;

namespace {

namespace fs = std::filesystem;

// Which server a page is of stands behind it.
std::string without_instance(std::string page) {
  const std::string begin = "live.js?";
  const std::size_t at = page.find(begin);
  if (at == std::string::npos) return page;
  return page.erase(at + begin.size() - 1, page.find('"', at) - at - begin.size() + 1);
}

constexpr const char* script = "<script src=\"/.ropeway/live.js\"></script>";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// `ropeway dev`, and the server that it runs.
class Dev {
 public:
  Dev(const TemporaryFolder& folder, std::vector<std::string> arguments) : process_(words(std::move(arguments)), folder.path().string()) {}

  [[nodiscard]] std::string told() const { return process_.standard_error(); }
  /// Waits until a server has been ready so many times.
  [[nodiscard]] bool is_ready(std::size_t times) const {
    return eventually([&] { return count(told(), "dev: ready at ") == times; });
  }
  [[nodiscard]] RawClient connect() const {
    const std::string text = told();
    const std::size_t at = text.rfind("dev: ready at ") + 14;
    return RawClient(SocketAddress::from_url(text.substr(at, text.find(',', at) - at)));
  }
  void check_end() {
    process_.signal(SIGINT);
    CHECK(process_.wait() == 0);
  }

 private:
  static std::vector<std::string> words(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program(), "dev"});
    return arguments;
  }
  ChildProcess process_;
};

}  // namespace

TEST_CASE("a folder is served anew at each change, its pages know of it, and what means nothing changes nothing") {
  const TemporaryFolder folder;
  (void)folder.write("site/index.html", "<!doctype html><body><p>one</p></body>\n");
  (void)folder.write("site/style.css", "p {}\n");
  Dev dev(folder, {"site", "--port", "0", "--ignore", "generated"});
  REQUIRE(dev.is_ready(1));
  RawClient client = dev.connect();
  const RawResponse page = client.get("/", "Accept-Encoding: gzip\r\n");
  CHECK(without_instance(page.body) == "<!doctype html><body><p>one</p>" + std::string(script) + "</body>\n");
  CHECK(page.field("Cache-Control") == "no-store");
  CHECK_FALSE(page.has("ETag"));
  CHECK(client.get("/style.css").body == "p {}\n");
  CHECK(has(client.get("/.ropeway/live.js").body, "EventSource"));
  CHECK(client.get("/.ropeway/else").status == 404);
  RawClient live = dev.connect();
  live.send("GET /.ropeway/live HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(live.read_bytes(15) == "HTTP/1.1 200 OK");

  (void)folder.write("site/server.log", "x");
  (void)folder.write("site/.hidden", "x");
  (void)folder.write("site/generated/x.html", "x");
  (void)folder.write("site/index.html", "<p>two");
  REQUIRE(dev.is_ready(2));
  (void)live.read_until_close();  // the script knows by that
  CHECK(without_instance(dev.connect().get("/").body) == "<p>two" + std::string(script));
  CHECK(has(dev.told(), "index.html has changed"));

  (void)folder.write("site/new/deep/page.html", "deep");
  REQUIRE(dev.is_ready(3));
  CHECK(without_instance(dev.connect().get("/new/deep/page.html").body) == "deep" + std::string(script));
  fs::remove(folder.path() / "site/style.css");
  REQUIRE(dev.is_ready(4));
  CHECK(dev.connect().get("/style.css").status == 404);
  for (const char* word : {"server.log", ".hidden", "generated"}) CHECK_FALSE(has(dev.told(), word));
  dev.check_end();
}

TEST_CASE("where the configuration has a mistake, the server goes on as it was") {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& body) {
    (void)folder.write(
        "ropeway.json",
        R"({"listen": ["127.0.0.1:0"], "processes": 1, "routes": [{"match": "/", "handler": "fixed_response", "options": {)" + body +
            "}}]}");
  };
  write(R"("bodies": "x")");
  Dev dev(folder, {});
  CHECK(eventually([&] { return has(dev.told(), "the configuration has mistakes; waiting for a change"); }));
  CHECK(has(dev.told(), "ropeway.json:1:"));
  write(R"("body": "x")");
  REQUIRE(dev.is_ready(1));
  CHECK(dev.connect().get("/").body == "x");
  write(R"("status": 7)");
  CHECK(eventually([&] { return has(dev.told(), "the configuration has mistakes; the server goes on as it was"); }));
  CHECK(dev.connect().get("/").body == "x");
  dev.check_end();
}

TEST_CASE("a project is configured and built, the server goes on where that fails, and gives way to the new one where it does not") {
  const TemporaryFolder folder;
  (void)folder.write(
      "CMakeLists.txt",
      "cmake_minimum_required(VERSION 3.25)\nproject(shop LANGUAGES C)\nadd_executable(shop shop.c)\nadd_executable(shop_tests shop.c)\n");
  (void)folder.write(
      "ropeway.json",
      R"({"listen": ["127.0.0.1:0"], "processes": 1, "routes": [{"match": "/", "handler": "fixed_response", "options": {"body": "x"}}]})");
  // The program is built for its words alone: it becomes the one under test.
  const auto write_source = [&](const std::string& word) {
    (void)folder.write("shop.c", "#include <stdio.h>\n#include <unistd.h>\nint main(int argc, char** argv) {\n  fprintf(stderr, \"" + word +
                                     "\\n\");\n  return execv(\"" + program() + "\", argv) + argc;\n}\n");
  };
  write_source("first");
  Dev dev(folder, {"."});
  REQUIRE(dev.is_ready(1));
  CHECK(has(dev.told(), "first\n"));
  CHECK(has(dev.told(), "dev: built in "));
  CHECK(fs::exists(folder.path() / "build/CMakeCache.txt"));
  CHECK_FALSE(fs::exists(folder.path() / "build/shop_tests"));
  CHECK(dev.connect().get("/").body == "x");

  write_source("\\n\");\n  fault; fprintf(stderr, \"");
  CHECK(eventually([&] { return has(dev.told(), "it cannot be built; the server goes on as it was"); }));
  CHECK(dev.connect().get("/").body == "x");
  write_source("second");
  REQUIRE(dev.is_ready(2));
  CHECK(has(dev.told(), "second\n"));
  dev.check_end();
}

TEST_CASE("what dev cannot do is said with the remedy") {
  const TemporaryFolder folder;
  (void)folder.write("none/CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(none LANGUAGES NONE)\n");
  const auto says = [&](std::vector<std::string> arguments, const std::string& words) {
    arguments.insert(arguments.begin(), {program(), "dev"});
    const Finished finished = run_to_end(arguments, folder.path().string());
    INFO(finished.error);
    CHECK(finished.exit_code == 2);
    CHECK(has(finished.error, words));
  };
  says({"nowhere"}, "nowhere");
  says({"none"}, "name the configuration with --config FILE");
  (void)folder.write("configured/ropeway.json", "{}");
  says({"configured", "--port", "1"}, "--port is for a folder without a configuration");
}

TEST_CASE("in development a failure is answered with what was thrown, and the line that did it") {
  const TemporaryFolder folder;
  const auto server = ServerProcess::run({1, 2}, folder, R"("development": true, "routes": [
    {"match": "/thrown/{how}", "handler": "thrower"}, {"match": "/page", "handler": "fixed_response", "options": {"body": "<p>", "media_type": "text/html"}}])",
                                         {}, unruly_program());
  RawClient client = server->connect();
  const RawResponse here = client.get("/thrown/here");
  CHECK(here.status == 500);
  CHECK(here.field("Content-Type") == "text/html; charset=utf-8");
  for (const std::string& part :
       {std::string("std::out_of_range"), std::string("&lt;not here&gt;"), std::string("thrower"), std::string("/thrown/{how}")}) {
    CAPTURE(part);
    CHECK(has(here.body, part));
  }
  if (!under_sanitizer) {  // which stands between a `throw` and the C++ library itself
    for (const std::string& part : {std::string("unruly.cpp:"), std::string("<mark>"), std::string("thrown_here")}) {
      CAPTURE(part);
      CHECK(has(here.body, part));
    }
    CHECK(has(client.get("/thrown/later").body, "unruly.cpp:"));
  }
  CHECK(count(without_instance(here.body), script) == 1);
  CHECK(has(client.get("/thrown/library").body, "std::invalid_argument"));
  CHECK(has(client.get("/thrown/later").body, "after a wait"));
  CHECK(has(client.get("/thrown/number").body, "int"));
  CHECK(client.get("/thrown/status").status == 503);
  CHECK(client.get("/thrown/mistake").status == 404);
  CHECK_FALSE(has(client.get("/thrown/mistake").body, "unruly.cpp"));
  CHECK(without_instance(client.get("/page").body) == "<p>" + std::string(script));
  CHECK(has(server->standard_error(), "`development` is on"));
  server->signal(SIGTERM);
  CHECK(server->wait() == 0);
}

}  // namespace dev_test
