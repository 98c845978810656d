#include "core/src/config/group.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/src/config/loader.hpp"

namespace ropeway::config::group_test {
namespace {

const Catalogue& catalogue() {
  static const Catalogue known{{{"page", {Setting::string("body", "The body.").by_default("\"\"")}}}, {{"gate", {}}, {"log", {}}}};
  return known;
}

Loaded load_group(const std::string& group) { return load(R"({"groups": [)" + group + "]}", "ropeway.json", catalogue()); }

std::string mistake_of(const std::string& group) {
  const Loaded loaded = load_group(group);
  return loaded.diagnostics.empty() ? "none" : loaded.diagnostics.front().pointer + " " + loaded.diagnostics.front().message;
}

TEST_CASE("a prefix stands behind the method and in front of the path") {
  CHECK(grouped("/api", "/users") == "/api/users");
  CHECK(grouped("/api", "GET /users/{id}") == "GET /api/users/{id}");
  CHECK(grouped("example.org", "GET  /{$}") == "GET  example.org/{$}");
  CHECK(grouped("*.example.org/v1", "/") == "*.example.org/v1/");
  CHECK(grouped("/api", "GET") == "GET /api");
  CHECK(grouped("/api", "") == "/api");
}

TEST_CASE("routes of a group are routes with its prefix, behind the others, and know their group") {
  const Loaded loaded = load(R"({
    "groups": [
      {"prefix": "/api", "middlewares": ["gate"], "routes": [{"match": "GET /a", "handler": "page", "middlewares": ["log"], "name": "a"}]},
      {"prefix": "/none"}
    ],
    "routes": [{"match": "/", "handler": "page"}]
  })",
                             "ropeway.json", catalogue());
  REQUIRE(loaded.config);
  const auto& routes = loaded.config->routes;
  REQUIRE(routes.size() == 2);
  CHECK(routes[0].match == "/");
  CHECK_FALSE(routes[0].group);
  CHECK(routes[1].match == "GET /api/a");
  CHECK(routes[1].pointer == "/groups/0/routes/0");
  CHECK(routes[1].name == "a");
  CHECK(routes[1].group == 0U);
  CHECK(routes[1].middlewares.size() == 1);
  REQUIRE(loaded.config->groups.size() == 2);
  CHECK(loaded.config->groups[0].middlewares.front().name == "gate");
}

TEST_CASE("mistakes in a group have their places") {
  struct Case {
    const char* group;
    const char* mistake;
  };
  const Case cases[] = {
      {R"({"routes": []})", "/groups/0 \"prefix\" is missing, expected a string that is not empty"},
      {R"({"prefix": "/api/"})", "/groups/0/prefix found \"/api/\", expected no \"/\" at its end: each \"match\" begins with one"},
      {R"({"prefix": "GET /api"})", "/groups/0/prefix found \"GET /api\", expected no space: the method stands in each \"match\""},
      {R"({"prefix": "/{rest...}"})",
       "/groups/0/prefix found \"/{rest...}\", expected nothing that stands for the end or the rest of a path: routes follow"},
      {R"({"prefix": "/a", "routes": [{"match": "GET example.org/", "handler": "page"}]})",
       "/groups/0/routes/0/match found \"GET example.org/\", expected a path that begins with \"/\": in a group, a host stands in the "
       "\"prefix\""},
      {R"({"prefix": "example.org", "routes": [{"match": "GET", "handler": "page"}]})",
       "/groups/0/routes/0/match found \"GET\", expected a path: the \"prefix\" has none"},
      {R"({"prefix": "/a", "routes": [{"match": "GET {b}", "handler": "page"}]})",
       "/groups/0/routes/0/match found \"GET {b}\", expected a path that begins with \"/\": in a group, a host stands in the \"prefix\""},
      {R"({"prefix": "/a", "routes": [{"match": "get", "handler": "page"}]})", "none"},
      {R"({"prefix": "/a", "routes": [{"match": "/", "handler": "pag"}]})",
       "/groups/0/routes/0/handler unknown handler \"pag\", did you mean \"page\"?"},
      {R"({"prefix": "/a", "routes": [{"match": "/", "handler": "page", "options": {"bod": "x"}}]})",
       "/groups/0/routes/0/options/bod unknown setting \"bod\", did you mean \"body\"?"},
      {R"({"prefix": "/a", "middlewares": ["gat"]})", "/groups/0/middlewares/0 unknown middleware \"gat\", did you mean \"gate\"?"},
      {R"({"prefix": "/a", "routes": [{"match": "/a", "handler": "page", "name": "x"}, {"match": "/b", "handler": "page", "name": "x"}]})",
       "/groups/0/routes/1/name \"x\" is the name of /groups/0/routes/0, too: URLs could lead to either"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.group);
    CHECK(mistake_of(c.group) == c.mistake);
  }
}

TEST_CASE("whatever has a mistake in a group is left out, and the rest can be tried") {
  const Loaded loaded = load_group(R"({"prefix": "/a", "routes": [{"match": 1, "handler": "page"}, {"match": "/b", "handler": "page"}]},
    7, {"prefix": "", "routes": [{"match": "/c", "handler": "page"}]}, {"prefix": "/d", "routes": {}}, {"prefix": "/e", "middlewares": 1})");
  CHECK_FALSE(loaded.config);
  REQUIRE(loaded.sound);
  REQUIRE(loaded.sound->routes.size() == 1);
  CHECK(loaded.sound->routes.front().match == "/a/b");
}

}  // namespace
}  // namespace ropeway::config::group_test
