#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

#include "tests/core/config/sample_catalogue.hpp"
#include "tests/support/json.hpp"

namespace ropeway::config {

using nlohmann::json;

TEST_CASE("the schema is JSON and says what each setting takes") {
  const json whole = testing::parsed_json(schema(sample_catalogue()));
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
        testing::parsed_json(R"([{"const": "auto"}, {"type": "integer", "minimum": 0, "maximum": 1024}])"));
  CHECK(properties["processes"]["anyOf"][1]["properties"]["min"]["default"] == 1);
  CHECK(properties["listen"]["minItems"] == 1);
  CHECK(properties["listen"]["items"]["anyOf"][0]["type"] == "string");
  CHECK(properties["listen"]["items"]["anyOf"][1]["required"] == json::parse(R"(["address"])"));
  CHECK(properties["listen"]["items"]["anyOf"][1]["properties"]["proxy_protocol"]["default"] == false);
  CHECK(properties["limits"]["additionalProperties"] == false);
  CHECK(properties["limits"]["properties"]["body_bytes"]["anyOf"][0]["maximum"] == 1099511627776);
  CHECK(properties["timeouts"]["properties"]["idle"]["anyOf"][0] ==
        testing::parsed_json(R"({"type": "number", "minimum": 0.001, "maximum": 86400})"));
  CHECK(properties["log"]["properties"]["level"]["enum"] == testing::parsed_json(R"(["debug", "info", "warning", "error", "off"])"));
  CHECK(properties["server_name"]["maxLength"] == 128);
}

TEST_CASE("the schema knows the options of each handler and middleware") {
  const json whole = testing::parsed_json(schema(sample_catalogue()));
  const json& properties = whole["properties"];
  CHECK(properties["routes"]["items"]["$ref"] == "#/$defs/route");
  CHECK(properties["groups"]["items"]["properties"]["routes"]["items"]["$ref"] == "#/$defs/route");
  CHECK(properties["groups"]["items"]["properties"]["middlewares"]["items"]["$ref"] == "#/$defs/middleware");
  const json& route = whole["$defs"]["route"];
  CHECK(route["required"] == testing::parsed_json(R"(["match"])"));
  CHECK(route["oneOf"] == testing::parsed_json(R"([{"required": ["handler"]}, {"required": ["try"]}])"));
  CHECK(route["properties"]["handler"]["enum"] == testing::parsed_json(R"(["static", "hello", "redirect"])"));
  REQUIRE(route["allOf"].size() == 3);
  const json& rule = route["allOf"][0];
  CHECK(rule["if"]["properties"]["handler"]["const"] == "static");
  CHECK(rule["then"]["required"] == testing::parsed_json(R"(["options"])"));
  CHECK(rule["then"]["properties"]["options"]["required"] == testing::parsed_json(R"(["root"])"));
  CHECK(rule["then"]["properties"]["options"]["properties"]["index"]["default"] == testing::parsed_json(R"(["index.html"])"));
  CHECK_FALSE(route["allOf"][1]["then"].contains("required"));
  CHECK(route["properties"]["middlewares"]["items"]["$ref"] == "#/$defs/middleware");
  const json& tried = route["properties"]["try"]["items"];
  CHECK(tried["anyOf"][0]["enum"] == testing::parsed_json(R"(["hello", "redirect"])"));  // "static" does not do without options
  CHECK(tried["anyOf"][1]["properties"]["handler"]["enum"] == testing::parsed_json(R"(["static", "hello", "redirect"])"));
  CHECK(tried["anyOf"][1]["allOf"].size() == 3);
  const json& middleware = whole["$defs"]["middleware"];
  CHECK(middleware["anyOf"][0]["enum"] == testing::parsed_json(R"(["compress"])"));  // "token" does not do without options
  CHECK(middleware["anyOf"][1]["properties"]["name"]["enum"] == testing::parsed_json(R"(["compress", "token"])"));
}

}  // namespace ropeway::config
