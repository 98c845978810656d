#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace access_log_test {

using namespace ropeway::testing;

namespace {

std::string members(const std::string& format) {
  return R"("log": {"access": {"file": "access.log", "format": ")" + format + R"("}},
    "routes": [{"match": "/a", "handler": "fixed_response", "options": {"body": "answer"}}])";
}

std::vector<std::string> lines_of(const std::string& file) {
  std::istringstream text(std::filesystem::exists(file) ? read_file(file) : std::string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("each answered request is one line of the access log, in the combined format") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, members("combined"));
    for (int i = 0; i < 5; ++i) {
      RawClient client = server->connect();
      for (int k = 0; k < 10; ++k) CHECK(client.get("/a", "User-Agent: probe \"x\"\r\nReferer: http://from/\r\n").status == 200);
    }
    RawClient client = server->connect();
    CHECK(client.get("/missing?q=1").status == 404);
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    const auto lines = lines_of(folder / "access.log");
    CHECK(lines.size() == 51);
    const std::regex answered(
        R"(127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /a HTTP/1\.1" 200 6 "http://from/" "probe \\x22x\\x22")");
    const std::regex missing(R"(127\.0\.0\.1 - - \[[^\]]*\] "GET /missing\?q=1 HTTP/1\.1" 404 \d+ "-" "-")");
    CHECK(std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return std::regex_match(line, answered); }) == 50);
    CHECK(std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return std::regex_match(line, missing); }) == 1);
  }
}

TEST_CASE("the access log in JSON tells of each request, and of a request that was none") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, members("json"));
    RawClient client = server->connect();
    CHECK(client.exchange("POST /a?x=\"1\" HTTP/1.1\r\nHost: example.org\r\nContent-Length: 2\r\n\r\nhi").status == 200);
    RawClient broken = server->connect();
    CHECK(broken.exchange("\x01\x02\r\n\r\n").status == 400);
    CHECK(broken.ends_without_more());
    RawClient folded = server->connect();
    CHECK(folded.exchange("GET /folded HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n").status == 400);
    CHECK(folded.ends_without_more());
    RawClient without_host = server->connect();
    CHECK(without_host.exchange("GET /hostless HTTP/1.1\r\n\r\n").status == 400);
    CHECK(without_host.ends_without_more());
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    std::vector<nlohmann::json> objects;
    for (const auto& line : lines_of(folder / "access.log")) objects.push_back(parsed_json(line));
    std::sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) { return a.at("status") < b.at("status"); });
    REQUIRE(objects.size() == 4);
    CHECK(objects[0].at("method") == "POST");
    CHECK(objects[0].at("target") == "/a?x=\"1\"");
    CHECK(objects[0].at("version") == "HTTP/1.1");
    CHECK(objects[0].at("host") == "example.org");
    CHECK(objects[0].at("status") == 200);
    CHECK(objects[0].at("bytes") == 6);
    CHECK(objects[0].at("handler") == "fixed_response");
    CHECK(objects[0].at("peer") == "127.0.0.1");
    CHECK(objects[0].at("duration_us") >= 0);
    CHECK(objects[1].at("status") == 400);
    std::vector<std::string> refused;  // by target: a request line that was read is told
    for (std::size_t i = 1; i < objects.size(); ++i) refused.push_back(objects[i].at("target"));
    std::sort(refused.begin(), refused.end());
    CHECK(refused == std::vector<std::string>{"", "/folded", "/hostless"});
  }
}

TEST_CASE("SIGUSR1 opens the access log and the application log again") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    const auto server = ServerProcess::run(model, folder, R"("log": {"file": "app.log", "access": {"file": "access.log"}},
      "routes": [{"match": "/a", "handler": "fixed_response", "options": {"body": "answer"}}])");
    CHECK(server->connect().get("/a").status == 200);
    std::filesystem::rename(folder / "access.log", folder / "access.log.1");
    std::filesystem::rename(folder / "app.log", folder / "app.log.1");
    server->signal(SIGUSR1);
    CHECK(eventually([&] { return std::filesystem::exists(folder / "access.log") && std::filesystem::exists(folder / "app.log"); }));
    // Every worker reopens at a moment of its own: ask until a line is in the new file, and lose none on the way.
    std::size_t asked = 1;
    CHECK(eventually([&] {
      ++asked;
      return server->connect().get("/a").status == 200 && !lines_of(folder / "access.log").empty();
    }));
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    CHECK(lines_of(folder / "access.log.1").size() + lines_of(folder / "access.log").size() == asked);
    CHECK_FALSE(lines_of(folder / "access.log.1").empty());
  }
}

}  // namespace access_log_test
