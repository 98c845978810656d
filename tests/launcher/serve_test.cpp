#include "launcher/src/serve.hpp"
#include "tests/support/json.hpp"

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

using namespace ropeway::launcher;

TEST_CASE("serve stands for a configuration with one route") {
  ServeOptions options;
  const auto json = ropeway::testing::parsed_json(serve_configuration(options, "/srv/a \"b\"\\\n", {"0.0.0.0:8000", "[::]:8000"}, true));
  CHECK(json["processes"] == "auto");
  CHECK(json["threads"] == "auto");
  CHECK(json["listen"] == nlohmann::json({"0.0.0.0:8000", "[::]:8000"}));
  REQUIRE(json["routes"].size() == 1);
  CHECK(json["routes"][0]["match"] == "GET /{path...}");
  CHECK(json["routes"][0]["handler"] == "static_files");
  CHECK(json["routes"][0]["options"]["root"] == "/srv/a \"b\"\\\n");
  CHECK(json["routes"][0]["options"]["listing"] == true);
  CHECK(json["log"]["access"]["file"] == "-");
  CHECK(json["log"]["access"]["format"] == "terminal");
}

TEST_CASE("the options of serve reach its configuration") {
  ServeOptions options;
  options.processes = 0;
  options.threads = 5;
  options.listing = false;
  options.quiet = true;
  auto json = ropeway::testing::parsed_json(serve_configuration(options, "/srv", {"127.0.0.1:0"}, true));
  CHECK(json["processes"] == 0);
  CHECK(json["threads"] == 5);
  CHECK(json["routes"][0]["options"]["listing"] == false);
  CHECK_FALSE(json["log"].contains("access"));

  options.access_log = "/var/log/access.log";
  json = ropeway::testing::parsed_json(serve_configuration(options, "/srv", {"127.0.0.1:0"}, true));
  CHECK(json["log"]["access"]["file"] == "/var/log/access.log");
  CHECK(json["log"]["access"]["format"] == "combined");

  options.access_log = "-";
  json = ropeway::testing::parsed_json(serve_configuration(options, "/srv", {"127.0.0.1:0"}, false));
  CHECK(json["log"]["access"]["format"] == "combined");  // standard output goes to a file or a program
}
