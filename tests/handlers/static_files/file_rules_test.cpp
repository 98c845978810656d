#include "handlers/static_files/file_rules.hpp"

#include <doctest/doctest.h>

#include "tests/handlers/static_files/fixture.hpp"

namespace ropeway::handlers {

TEST_CASE("a glob stands for the whole text") {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b.c", true},
      {"a", "a", true},
      {"a", "ab", false},
      {"a", "", false},
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"*.js", "a.js", true},
      {"*.js", ".js", true},
      {"*.js", "a.jsx", false},
      {"*.js", "x.js.js", true},
      {"a*b*c", "a1b2c", true},
      {"a*b*c", "abc", true},
      {"a*b*c", "acb", false},
      {"**", "x", true},
      {"a**", "a", true},
      {"*a", "bab", false},
      {"*ab", "aab", true},
      {"a?c*", "abcdef", true},
      {"*?", "", false},
      {"*?", "x", true},
      {"[a]", "a", false},
      {"[a]", "[a]", true},
      {"assets/*", "assets/x/y", true},
      {"assets/*", "assets", false},
      {"A", "a", false},
      {"*-????.css", "x-ab12.css", true},
  };
  for (const auto& test : cases) {
    CAPTURE(test.pattern);
    CAPTURE(test.text);
    CHECK(matches_glob(test.pattern, test.text) == test.matches);
  }
  CHECK_FALSE(matches_glob("*a*a*a*a*a*a*a*b", std::string(4000, 'a')));  // no exponential search
}

TEST_CASE("a configured Vary adds to what the server itself says (RFC 9110 §12.5.5)") {
  const TemporaryFolder folder;
  folder.write("a.css", "content");
  folder.write("a.css.gz", "packed");
  const ServedFolder served(folder.path(), R"("headers": {"Vary": "Origin, Accept"}, "precompressed": ["gzip"], "listing": true,
    "rules": [{"match": "*.css", "headers": {"Vary": "origin, Cookie"}}])");
  const auto vary = [](const Response& response) {
    std::string all;
    for (std::size_t i = 0; i < response.headers().size(); ++i) {
      if (response.headers()[i].name == "Vary") all.append(all.empty() ? "" : ", ").append(response.headers()[i].value);
    }
    return all;
  };
  for (const char* codings : {"gzip", "identity"}) {
    CHECK(vary(served.call(testing::RequestBuilder("GET", "/a.css").header("Accept-Encoding", codings))) ==
          "Accept-Encoding, Origin, Accept, Cookie");
  }
  CHECK(vary(served.get("/")) == "Accept, Origin");
}

TEST_CASE("errors of a file have no fields that let a cache keep them (RFC 9111 §3)") {
  const TemporaryFolder folder;
  folder.write("a", "content");
  const ServedFolder served(folder.path(), R"("cache_control": "max-age=3600", "headers": {"X-From": "all"})");
  const auto cache_control = [&](const char* name, const char* value, unsigned status) {
    const Response response = served.call(testing::RequestBuilder("GET", "/a").header(name, value));
    CHECK(code(response.status()) == status);
    return response.headers().find("Cache-Control");
  };
  CHECK_FALSE(cache_control("If-Match", "\"x\"", 412));
  CHECK_FALSE(cache_control("Range", "bytes=100-", 416));
  CHECK(cache_control("Range", "bytes=1-2", 206) == "max-age=3600");
  CHECK(cache_control("If-None-Match", "*", 304) == "max-age=3600");
}

TEST_CASE("fields come from the options and from the rules that a file falls under") {
  const TemporaryFolder folder;
  for (const char* name : {"page.html", "app.js", "assets/app-1a2b.js", "assets/x.css"}) folder.write(name, "x");
  const ServedFolder served(folder.path(), R"("cache_control": "no-cache", "headers": {"X-Frame-Options": "DENY", "X-From": "all"},
    "rules": [
      {"match": "/assets/*", "cache_control": "max-age=31536000, immutable"},
      {"match": "*.js", "cache_control": "max-age=60", "headers": {"X-From": "js", "X-Script": "yes"}},
      {"match": "app-*", "headers": {"X-From": "app"}}])");
  const struct {
    const char* target;
    const char* cache_control;
    const char* from;
    bool script;
  } cases[] = {
      {"/page.html", "no-cache", "all", false},
      {"/app.js", "max-age=60", "js", true},
      {"/assets/app-1a2b.js", "max-age=31536000, immutable", "app", true},
      {"/assets/x.css", "max-age=31536000, immutable", "all", false},
  };
  for (const auto& test : cases) {
    CAPTURE(test.target);
    for (int round = 0; round < 2; ++round) {  // loaded, and from the cache
      const Response response = served.get(test.target);
      CHECK(response.headers().find("Cache-Control") == test.cache_control);
      CHECK(response.headers().find("X-From") == test.from);
      CHECK(response.headers().find("X-Frame-Options") == "DENY");
      CHECK(response.headers().contains("X-Script") == test.script);
    }
    const Response unchanged = served.call(testing::RequestBuilder("GET", test.target).header("If-None-Match", "*"));
    CHECK(unchanged.status() == Status::not_modified);
    CHECK(unchanged.headers().find("Cache-Control") == test.cache_control);  // RFC 9110 §15.4.5
  }
}

TEST_CASE("the last of the most rules counts, too") {
  std::string rules;
  for (std::int64_t i = 1; i < FileRules::most_rules; ++i) rules += R"({"match": "nothing"}, )";
  const TemporaryFolder folder;
  folder.write("a", "x");
  const ServedFolder served(folder.path(), "\"rules\": [" + rules + R"({"match": "a", "cache_control": "no-store"}])");
  CHECK(served.get("/a").headers().find("Cache-Control") == "no-store");
}

TEST_CASE("fields that cannot be sent, or that are the server's own, are refused with their place") {
  const struct {
    const char* options;
    const char* pointer;
  } cases[] = {
      {R"("headers": {"ETag": "x"})", "/headers/ETag"},
      {R"("headers": {"content-type": "x"})", "/headers/content-type"},
      {R"("headers": {"Cache-Control": "x"})", "/headers/Cache-Control"},
      {R"("headers": {"A": "x\ny"})", "/headers/A"},
      {R"("headers": {"A": "x", "a": "y"})", "/headers/a"},
      {R"("rules": [{"match": "*", "headers": {"Date": "x"}}])", "/rules/0/headers/Date"},
      {R"("rules": [{"match": "*", "cache_control": "a\rb"}])", "/rules/0/cache_control"},
      {R"("cache_control": "a\u0000b")", "/cache_control"},
      {R"("rules": [{"cache_control": "x"}])", "/rules/0"},
      {R"("rules": [{"match": ""}])", "/rules/0/match"},
  };
  const TemporaryFolder folder;
  for (const auto& test : cases) {
    CAPTURE(test.options);
    CHECK(place_of_mistake(folder.path(), test.options) == test.pointer);
  }
}

}  // namespace ropeway::handlers
