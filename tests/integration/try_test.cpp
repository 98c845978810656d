// Several handlers of one route, as the configuration names them.

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

#include "tests/support/json.hpp"
#include "tests/support/server_process.hpp"

namespace ropeway::testing::try_test {
namespace {

std::string request(const std::string& method, const std::string& target, const std::string& fields = "", const std::string& body = "") {
  const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return method + " " + target + " HTTP/1.1\r\nHost: t\r\n" + fields + length + "\r\n" + body;
}

}  // namespace

TEST_CASE("the static_site example serves files, then scripts, then its page for every other path") {
  for (const Model& model : all_models()) {
    CAPTURE(model.name());
    const TemporaryFolder folder;
    std::filesystem::copy(source_folder() + "/examples/static_site", folder.path(), std::filesystem::copy_options::recursive);
    auto configuration = parsed_json(read_file(folder / "ropeway.json"));
    configuration["processes"] = model.processes;
    configuration["threads"] = model.threads;
    configuration["listen"] = {"127.0.0.1:0"};
    const ServerProcess server({"run", "--config", folder.write("ropeway.json", configuration.dump(2))}, folder.path().string());
    RawClient client = server.connect();
    const std::string page = read_file(folder / "site/index.html");
    const std::string script = read_file(folder / "site/assets/app.js");
    CHECK(client.get("/").body == page);
    CHECK(client.get("/assets/app.js").body == script);
    CHECK(client.get("/places/summit").body == page);
    CHECK(client.get("/assets/missing.js").status == 404);
    const RawResponse time = client.get("/api/time.sh");
    CHECK(time.status == 200);
    CHECK(time.body.size() == 9);
    // Parts of files and conditions are the first handler's business.
    const RawResponse part = client.exchange(request("GET", "/assets/app.js", "Range: bytes=0-9\r\n"));
    CHECK(part.status == 206);
    CHECK(part.body == script.substr(0, 10));
    CHECK(client.exchange(request("GET", "/assets/app.js", "Range: bytes=999999-\r\n")).status == 416);
    const std::string tag = client.get("/assets/app.js").field("ETag");
    CHECK(client.exchange(request("GET", "/assets/app.js", "If-None-Match: " + tag + "\r\n")).status == 304);
    // Other methods: the files refuse them, the script takes them.
    CHECK(client.exchange(request("POST", "/api/time.sh", "", "content")).body.size() == 9);
    CHECK(client.exchange(request("POST", "/assets/app.js", "", std::string(100'000, 'x'))).status == 405);
    const RawResponse head = client.exchange(request("HEAD", "/assets/app.js"));
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == std::to_string(script.size()));
    CHECK(client.get("/").status == 200);  // the same connection, all the time
  }
}

TEST_CASE("handlers that are tried stand in routes and explain with their places") {
  const TemporaryFolder folder;
  const std::string file = folder.write("ropeway.json",
                                        "{\"routes\": [{\"match\": \"/\",\n  \"try\": [\"health\",\n    {\"handler\": \"fixed_response\", "
                                        "\"options\": {\"body\": \"b\"}}]}]}");
  const Finished routes = run_to_end({program(), "routes", "--config", file, "--json"}, folder.path().string());
  CAPTURE(routes.error);
  CHECK(parsed_json(routes.output)[0].at("handler") == "health, fixed_response");
  const Finished first = run_to_end({program(), "explain", "--config", file, "routes.0.try.0.handler"}, folder.path().string());
  CHECK(first.output.find("health") != std::string::npos);
  CHECK(first.output.find("ropeway.json:2:11") != std::string::npos);
  const Finished body = run_to_end({program(), "explain", "--config", file, "routes.0.try.1.options.body"}, folder.path().string());
  CHECK(body.output.find("ropeway.json:3:55") != std::string::npos);
  CHECK(body.output.find("The body, as text.") != std::string::npos);
}

TEST_CASE("a mistake among handlers that are tried is told with its place") {
  const TemporaryFolder folder;
  const auto said_of = [&](const std::string& second) {
    const std::string file = folder.write(
        "ropeway.json",
        "{\"routes\": [{\"match\": \"/\",\n  \"try\": [{\"handler\": \"static_files\", \"options\": {\"root\": \"missing\"}},\n    " +
            second + "]}]}");
    const Finished check = run_to_end({program(), "check", "--config", file}, folder.path().string());
    CHECK(check.exit_code != 0);
    return check.output + check.error;
  };
  CHECK(said_of("\"helth\"").find("ropeway.json:3:5: error: unknown handler \"helth\", did you mean \"health\"?") != std::string::npos);
  CHECK(said_of("\"health\"").find("ropeway.json:2:59: error:") != std::string::npos);
}

}  // namespace ropeway::testing::try_test
