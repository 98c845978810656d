#include "core/src/config/explain.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace ropeway::config::explain_test {
namespace {

constexpr std::string_view text = R"({
  "threads": 3,
  "limits": {"body_bytes": "1M"},
  "middlewares": ["tag", {"name": "tag", "options": {"word": "b"}}],
  "routes": [
    {"match": "/a~b", "handler": "it", "options": {"word": "here", "more": {"x/y": "z"}}}
  ]
})";

Catalogue catalogue() {
  const Settings settings = {Setting::string("word", "What to say.").by_default("\"silence\""),
                             Setting::map("more", "Whatever else.", Setting::string("value", "It.")).by_default("{}")};
  return {{{"it", settings}}, {{"tag", settings}}};
}

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

std::optional<Explanation> about(std::string_view pointer, const Environment& environment = {}) {
  const Loaded loaded = load(text, "ropeway.json", catalogue(), environment);
  REQUIRE(loaded.config != nullptr);
  return explain(*loaded.document, text, pointer, environment);
}

using Origin = Explanation::Origin;

}  // namespace

TEST_CASE("a setting is explained with its value, its place, its meaning and its cost, by pointer or with dots") {
  for (const char* pointer : {"/limits/body_bytes", "limits.body_bytes"}) {
    CAPTURE(pointer);
    const auto told = about(pointer);
    REQUIRE(told);
    CHECK(told->pointer == "/limits/body_bytes");
    CHECK(told->value == "1M");
    CHECK(told->origin == Origin::file);
    CHECK(told->line == 3);
    CHECK(told->column == 28);
    CHECK(told->variable == "ROPEWAY_LIMITS_BODY_BYTES");
    CHECK(told->takes.starts_with("a size"));
    CHECK(told->text.find("413") != std::string::npos);
    CHECK(told->cost == Setting::Cost::rolling);
    CHECK(told->members.empty());
  }
}

TEST_CASE("what is not written is the default, and the environment has the last word") {
  const auto by_default = about("limits.header_bytes");
  REQUIRE(by_default);
  CHECK(by_default->origin == Origin::default_value);
  CHECK(by_default->line == 0);
  const Environment environment = variables({{"ROPEWAY_THREADS", "7"}});
  const auto overridden = about("threads", environment);
  REQUIRE(overridden);
  CHECK(overridden->value == 7);
  CHECK(overridden->origin == Origin::environment);
  CHECK(about("stall.warn")->cost == Setting::Cost::hot);
}

TEST_CASE("the options of a handler are explained by what it declares") {
  const auto word = about("/routes/0/options/word");
  REQUIRE(word);
  CHECK(word->text == "What to say.");
  CHECK(word->origin == Origin::file);
  CHECK(word->line == 6);
  CHECK(word->variable.empty());
  const auto in_map = about("/routes/0/options/more/x~1y");
  REQUIRE(in_map);
  CHECK(in_map->value == "z");
  CHECK(in_map->text == "It.");
  CHECK(about("middlewares.1.options.word")->value == "b");
  CHECK(about("middlewares.0.options.word")->origin == Origin::default_value);
  CHECK(about("middlewares.0.name")->origin == Origin::file);  // "tag" alone
}

TEST_CASE("an object, a list and the whole are explained with what is in them") {
  const auto route = about("/routes/0");
  REQUIRE(route);
  std::vector<std::string> names;
  for (const Explanation& member : route->members) names.push_back(member.pointer);
  CHECK(names == std::vector<std::string>{"/routes/0/match", "/routes/0/handler", "/routes/0/options", "/routes/0/middlewares"});
  CHECK(about("middlewares")->members.size() == 2);
  const auto all = about("");
  REQUIRE(all);
  CHECK(std::any_of(all->members.begin(), all->members.end(), [](const Explanation& member) { return member.pointer == "/keeper"; }));
}

TEST_CASE("where there is nothing, nothing is explained, and the names beside it are known") {
  for (const char* pointer : {"limits.body_byte", "/routes/1", "/routes/x", "/routes/00x", "threads.more", "/routes/0/options/none"}) {
    CAPTURE(pointer);
    CHECK_FALSE(about(pointer));
  }
  const Loaded loaded = load(text, "ropeway.json", catalogue());
  const auto names = names_beside(*loaded.document, "limits.body_byte");
  CHECK(std::find(names.begin(), names.end(), "body_bytes") != names.end());
  CHECK(names_beside(*loaded.document, "nothing.at.all").empty());
}

}  // namespace ropeway::config::explain_test
