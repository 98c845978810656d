#include "core/src/routing/conflict.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <ropeway/config_node.hpp>

#include "core/src/routing/router.hpp"

using ropeway::ConfigError;
using ropeway::routing::Router;

namespace {

// "" where the two can stand beside each other.
std::string conflict_of(const std::string& left, const std::string& right) {
  try {
    const Router router({{left, "/routes/0"}, {right, "/routes/1"}});
    return "";
  } catch (const ConfigError& error) {
    CHECK(error.pointer() == "/routes/1");
    return error.what();
  }
}

}  // namespace

TEST_CASE("patterns that stand beside each other do not conflict") {
  const std::string cases[][2] = {
      {"/a", "/b"},                          // nothing in common
      {"/a", "/a/"},                         // a path and what is below it
      {"/a/", "/a/{$}"},                     // one path of a subtree
      {"/", "/a"},                           // the subtree holds the other
      {"/{x}", "/a"},                        // {x} holds the other
      {"/{x...}", "/{x}"},                   //
      {"/{x}", "/{$}"},                      // {x} is never empty
      {"/{x}/b", "/a/b"},                    //
      {"/{x}/b", "/a/c"},                    // nothing in common
      {"/a/{x}", "/{x}/b/c"},                // different lengths
      {"/a/{x}", "/{x}/"},                   // narrower everywhere
      {"/{x}/{y}", "/{x}/"},                 //
      {"/{x}/b/", "/a/b/c"},                 //
      {"GET /a", "/a"},                      // narrower in the method
      {"GET /a", "POST /a"},                 // nothing in common
      {"GET /a", "HEAD /a"},                 // HEAD is narrower than GET
      {"HEAD /a", "GET /{x}"},               // narrower in both
      {"GET /a/{x}", "POST /{y}/b"},         // paths cross, methods have nothing in common
      {"MKCOL /a", "MOVE /a"},               //
      {"example.org/a", "/a"},               // a host is narrower than none,
      {"example.org/{x}", "/a"},             // whatever the paths
      {"example.org/a/{x}", "/{y}/b"},       //
      {"example.org/a", "*.example.org/a"},  // nothing in common
      {"a.example.org/{x}", "*.example.org/a"},
      {"*.a.example.org/", "*.example.org/"},
      {"example.org/a", "example.com/a"},
      {"CONNECT /a", "/a"},  // no method means all but CONNECT
      {"CONNECT /{x}", "/a"},
  };
  for (const auto& test : cases) {
    CAPTURE(test[0]);
    CAPTURE(test[1]);
    CHECK(conflict_of(test[0], test[1]) == "");
    CHECK(conflict_of(test[1], test[0]) == "");
  }
}

TEST_CASE("two patterns for the same requests conflict") {
  const std::string cases[][2] = {
      {"/a", "/a"},
      {"/{x}", "/{y}"},
      {"/a/", "/a/{x...}"},
      {"/", "/{x...}"},
      {"/{$}", "/{$}"},
      {"GET /a/{x}", "GET /a/{y}"},
      {"/a%20b", "/%61%20%62"},
      {"Example.org/a", "example.ORG./a"},
      {"*.example.org/a", "*.EXAMPLE.org/a"},
      {"MKCOL /a", "MKCOL /a"},
  };
  for (const auto& test : cases) {
    CAPTURE(test[0]);
    CHECK(conflict_of(test[0], test[1]).find("they match the same requests") != std::string::npos);
    CHECK(conflict_of(test[1], test[0]).find("they match the same requests") != std::string::npos);
  }
}

TEST_CASE("two patterns of which each is narrower somewhere conflict, and the message shows a request that both match") {
  const std::string cases[][3] = {
      {"/a/{x}", "/{y}/b", "/a/b"},
      {"/{x}/b/", "/a/{y...}", "/a/b/"},
      {"/{x}/b", "/a/", "/a/b"},
      {"/a/{x}/c", "/a/b/", "/a/b/c"},
      {"/{x}/{$}", "/a/", "/a/"},
      {"GET /", "/a", "GET /a"},
      {"GET /{x}", "/a", "GET /a"},
      {"HEAD /{x}", "GET /a", "HEAD /a"},
      {"GET /a/{x}", "HEAD /a/{y...}", "HEAD /a/x"},
      {"GET /a/{x}", "/{y}/b", "GET /a/b"},
      {"POST /{x}", "/a", "POST /a"},
      {"example.org/a/{x}", "example.org/{y}/b", "example.org/a/b"},
      {"/a/b/{x}/d/e", "/a/{y}/c/{z...}", "/a/b/c/d/e"},
  };
  for (const auto& test : cases) {
    CAPTURE(test[0]);
    CAPTURE(test[1]);
    const std::string expected = "both match \"" + test[2] + "\", and neither is more specific";
    CHECK(conflict_of(test[0], test[1]).find(expected) != std::string::npos);
    CHECK(conflict_of(test[1], test[0]).find(expected) != std::string::npos);
  }
}

TEST_CASE("the message names both routes and their places") {
  CHECK(conflict_of("GET /a/{x}", "GET /{y}/b") ==
        "route \"GET /{y}/b\" (/routes/1) conflicts with \"GET /a/{x}\" (/routes/0): both match "
        "\"GET /a/b\", and neither is more specific");
  CHECK_THROWS_WITH_AS(Router({{"/a", ""}, {"/a", ""}}), "route \"/a\" conflicts with \"/a\": they match the same requests", ConfigError);
}

TEST_CASE("all that is wrong with patterns is found at once, each later pattern once") {
  const auto mistakes =
      ropeway::routing::mistakes_of({{"/a", "/0"}, {"x", "/1"}, {"/a", "/2"}, {"/b/{p}", "/3"}, {"/{q}/c", "/4"}, {"/a", "/5"}});
  std::vector<std::string> pointers;
  for (const ConfigError& mistake : mistakes) pointers.push_back(mistake.pointer());
  std::sort(pointers.begin(), pointers.end());
  CHECK(pointers == std::vector<std::string>{"/1", "/2", "/4", "/5"});
  CHECK(ropeway::routing::mistakes_of({{"/a", "/0"}, {"/b", "/1"}}).empty());
}

TEST_CASE("a conflict is found among ten thousand routes") {
  std::vector<ropeway::routing::PatternSource> sources;
  for (int i = 0; i < 5000; ++i) {
    sources.push_back({"GET /a" + std::to_string(i) + "/x", ""});
    sources.push_back({"GET /{p}/y" + std::to_string(i), ""});
  }
  sources.push_back({"/", ""});
  CHECK_NOTHROW(Router{sources});
  sources.push_back({"GET /a777/{q}", "/routes/10001"});
  try {
    const Router router(sources);
    FAIL_CHECK("was accepted");
  } catch (const ConfigError& error) {
    CHECK(error.pointer() == "/routes/10001");
    CHECK(std::string(error.what()).find("\"GET /a777/y") != std::string::npos);
  }
}

TEST_CASE("a method more than the table has room for is refused by name") {
  std::vector<ropeway::routing::PatternSource> sources;
  for (int i = 0; i < 55; ++i) sources.push_back({"M" + std::to_string(i) + " /", "/routes/" + std::to_string(i)});
  CHECK_THROWS_WITH_AS(Router{sources}, "too many different methods: \"M54 /\" (/routes/54) names one more", ConfigError);
}
