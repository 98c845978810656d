#include <ropeway/config_node.hpp>

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

namespace ropeway {
namespace {

Settings declared() {
  Setting name_or_number = Setting::string("either", "Two forms.");
  name_or_number.or_as(Setting::object("", "", {Setting::integer("number", "A number.").by_default("1")}));
  return {
      Setting::boolean("flag", "A flag.").by_default("true"),
      Setting::integer("number", "A number.").at_least(-5).at_most(5).by_default("3"),
      Setting::string("text", "A text.").by_default("\"x\""),
      Setting::path("file", "A file."),
      Setting::duration("wait", "A time.").by_default("\"1.5s\""),
      Setting::size("room", "A size.").by_default("\"16k\""),
      Setting::rate("speed", "A rate.").by_default("240"),
      Setting::count("crowd", "A count.").by_default("\"auto\""),
      Setting::list("names", "Names.", Setting::string("", "")).by_default("[\"a\", \"b\"]"),
      Setting::list("files", "Files.", Setting::path("", "")).by_default("[]"),
      Setting::list(
          "rules", "Rules.",
          Setting::object("", "", {Setting::integer("id", "An id.").required(), Setting::string("to", "A target.").by_default("\"/\"")}))
          .by_default("[]"),
      Setting::map("types", "Media types.", Setting::string("", "")).by_default("{}"),
      Setting::object("inner", "An object.", {Setting::integer("deep", "A number.").by_default("7")}),
      Setting::any("free", "Anything.").by_default("null"),
      std::move(name_or_number),
  };
}

}  // namespace

TEST_CASE("every declared setting has its default where nothing is written") {
  const ConfigNode node = ConfigNode::from_json("{}", declared());
  CHECK(node.boolean("flag"));
  CHECK(node.integer("number") == 3);
  CHECK(node.string("text") == "x");
  CHECK_FALSE(node.has("file"));
  CHECK(node.duration("wait") == std::chrono::milliseconds(1500));
  CHECK(node.size("room") == 16384);
  CHECK(node.size("speed") == 240);
  CHECK_FALSE(node.has("crowd"));
  CHECK(node.strings("names") == std::vector<std::string>{"a", "b"});
  CHECK(node.list("rules").empty());
  CHECK(node.object("types").keys().empty());
  CHECK(node.object("inner").integer("deep") == 7);
  CHECK(node.json("free").is_null());
}

TEST_CASE("what is written is read, inside lists, maps and objects too") {
  const ConfigNode node = ConfigNode::from_json(R"({"flag": false, "number": -5, "file": "a/../b", "wait": 2, "crowd": 4, "files": ["c"],
      "rules": [{"id": 1}, {"id": 2, "to": "/x"}], "types": {"md": "text/markdown", "a/b": "x"}, "inner": {"deep": 9},
      "free": {"any": [1]}, "either": {"number": 8}})",
                                                declared());
  CHECK_FALSE(node.boolean("flag"));
  CHECK(node.integer("number") == -5);
  CHECK(node.path("file") == "a/../b");
  CHECK(node.duration("wait") == std::chrono::seconds(2));
  CHECK(node.has("crowd"));
  CHECK(node.integer("crowd") == 4);
  CHECK(node.strings("files") == std::vector<std::string>{"c"});
  const auto rules = node.list("rules");
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].integer("id") == 1);
  CHECK(rules[0].string("to") == "/");
  CHECK(rules[1].string("to") == "/x");
  CHECK(rules[1].pointer() == "/rules/1");
  CHECK(rules[1].pointer("to") == "/rules/1/to");
  const ConfigNode types = node.object("types");
  CHECK(types.keys() == std::vector<std::string>{"a/b", "md"});
  CHECK(types.string("md") == "text/markdown");
  CHECK(types.pointer("a/b") == "/types/a~1b");
  CHECK(node.object("inner").integer("deep") == 9);
  CHECK(node.json("free")["any"][0] == 1);
  CHECK(node.object("either").integer("number") == 8);
  const ConfigError error = rules[0].error("to", "no such target");
  CHECK(error.pointer() == "/rules/0/to");
  CHECK(std::string(error.what()) == "no such target");
}

TEST_CASE("reading what was not declared, as another type, or without a value is a mistake of the program") {
  const ConfigNode node = ConfigNode::from_json(R"({"either": "text"})", declared());
  CHECK_THROWS_AS((void)node.has("nothing"), std::logic_error);
  CHECK_THROWS_AS((void)node.string("nothing"), std::logic_error);
  CHECK_THROWS_AS((void)node.json("nothing"), std::logic_error);
  CHECK_THROWS_AS((void)node.string("number"), std::logic_error);
  CHECK_THROWS_AS((void)node.string("file"), std::logic_error);
  CHECK_THROWS_AS((void)node.integer("flag"), std::logic_error);
  CHECK_THROWS_AS((void)node.boolean("text"), std::logic_error);
  CHECK_THROWS_AS((void)node.path("text"), std::logic_error);
  CHECK_THROWS_AS((void)node.path("file"), std::logic_error);
  CHECK_THROWS_AS((void)node.duration("room"), std::logic_error);
  CHECK_THROWS_AS((void)node.size("wait"), std::logic_error);
  CHECK_THROWS_AS((void)node.integer("crowd"), std::logic_error);
  CHECK_THROWS_AS((void)node.strings("rules"), std::logic_error);
  CHECK_THROWS_AS((void)node.list("inner"), std::logic_error);
  CHECK_THROWS_AS((void)node.object("names"), std::logic_error);
  CHECK_THROWS_AS((void)node.object("either"), std::logic_error);
  CHECK(node.string("either") == "text");
  CHECK_THROWS_AS((void)ConfigNode(nullptr, node.json(), "").has("flag"), std::logic_error);
}

TEST_CASE("options that cannot be used are a ConfigError with their pointer") {
  struct Case {
    const char* options;
    const char* pointer;
    const char* message;
  };
  for (const Case& c : {Case{R"({"number": 6})", "/number", "found 6, expected a whole number from -5 to 5"},
                        {R"({"inner": {"deep": "x"}})", "/inner/deep", "found \"x\", expected a whole number"},
                        {R"({"nmber": 6})", "/nmber", "unknown setting \"nmber\", did you mean \"number\"?"},
                        {R"({"rules": [{}]})", "/rules/0", "\"id\" is missing, expected a whole number"},
                        {R"({"either": 4})", "/either", "found 4, expected a string, or an object"},
                        {R"({"types": {"a": 1}})", "/types/a", "found 1, expected a string"},
                        {R"([])", "", "found an empty list, expected an object"},
                        {"{\n1", "", "2:1: found \"1\", expected a name in double quotes or \"}\""}}) {
    CAPTURE(c.options);
    try {
      (void)ConfigNode::from_json(c.options, declared());
      FAIL("accepted");
    } catch (const ConfigError& error) {
      CHECK(error.pointer() == c.pointer);
      CHECK(std::string(error.what()) == c.message);
    }
  }
}

TEST_CASE("a node outlives the text and the settings it was made from") {
  std::optional<ConfigNode> inner;
  {
    const std::string text = R"({"inner": {"deep": 5}})";
    inner = ConfigNode::from_json(text, declared()).object("inner");
  }
  CHECK(inner->integer("deep") == 5);
}

TEST_CASE("a declaration that contradicts itself is a mistake of the program") {
  CHECK_THROWS_AS((void)ConfigNode::from_json("{}", {Setting::integer("n", "").at_most(3).by_default("4")}), std::logic_error);
  CHECK_THROWS_AS((void)ConfigNode::from_json("{}", {Setting::string("n", "").by_default("unquoted")}), std::logic_error);
}

}  // namespace ropeway
