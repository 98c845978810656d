#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/core/config/sample_catalogue.hpp"

namespace ropeway::config {

using nlohmann::json;

TEST_CASE("the schema is JSON and says what each setting takes") {
  const json whole = json::parse(schema(sample_catalogue()));
  CHECK(whole["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(whole["type"] == "object");
  CHECK(whole["additionalProperties"] == false);
  const json& properties = whole["properties"];
  for (const char* name :
       {"$schema", "processes", "threads", "listen", "routes", "middlewares", "limits", "timeouts", "blocking", "log", "server_name"}) {
    CAPTURE(name);
    REQUIRE(properties.contains(name));
    CHECK_FALSE(properties[name]["description"].get<std::string>().empty());
  }
  CHECK(properties["processes"]["default"] == "auto");
  CHECK(properties["processes"]["anyOf"][0]["anyOf"] ==
        json::parse(R"([{"const": "auto"}, {"type": "integer", "minimum": 0, "maximum": 1024}])"));
  CHECK(properties["processes"]["anyOf"][1]["properties"]["min"]["default"] == 1);
  CHECK(properties["listen"]["minItems"] == 1);
  CHECK(properties["listen"]["items"]["type"] == "string");
  CHECK(properties["limits"]["additionalProperties"] == false);
  CHECK(properties["limits"]["properties"]["body_bytes"]["anyOf"][0]["maximum"] == 1099511627776);
  CHECK(properties["timeouts"]["properties"]["idle"]["anyOf"][0] ==
        json::parse(R"({"type": "number", "minimum": 0.001, "maximum": 86400})"));
  CHECK(properties["log"]["properties"]["level"]["enum"] == json::parse(R"(["debug", "info", "warning", "error", "off"])"));
  CHECK(properties["server_name"]["maxLength"] == 128);
}

TEST_CASE("the schema knows the options of each handler and middleware") {
  const json whole = json::parse(schema(sample_catalogue()));
  const json& route = whole["properties"]["routes"]["items"];
  CHECK(route["required"] == json::parse(R"(["match", "handler"])"));
  CHECK(route["properties"]["handler"]["enum"] == json::parse(R"(["static", "hello", "redirect"])"));
  REQUIRE(route["allOf"].size() == 3);
  const json& rule = route["allOf"][0];
  CHECK(rule["if"]["properties"]["handler"]["const"] == "static");
  CHECK(rule["then"]["required"] == json::parse(R"(["options"])"));
  CHECK(rule["then"]["properties"]["options"]["required"] == json::parse(R"(["root"])"));
  CHECK(rule["then"]["properties"]["options"]["properties"]["index"]["default"] == json::parse(R"(["index.html"])"));
  CHECK_FALSE(route["allOf"][1]["then"].contains("required"));
  CHECK(route["properties"]["middlewares"]["items"]["$ref"] == "#/$defs/middleware");
  const json& middleware = whole["$defs"]["middleware"];
  CHECK(middleware["anyOf"][0]["enum"] == json::parse(R"(["compress"])"));  // "token" does not do without options
  CHECK(middleware["anyOf"][1]["properties"]["name"]["enum"] == json::parse(R"(["compress", "token"])"));
}

}  // namespace ropeway::config
