#include "core/src/config/source_map.hpp"

#include <doctest/doctest.h>

#include "core/src/config/printable.hpp"

namespace ropeway::config {
namespace {

std::string place(std::string_view text, std::size_t offset) {
  const LineColumn found = line_and_column(text, offset);
  return std::to_string(found.line) + ":" + std::to_string(found.column);
}

}  // namespace

TEST_CASE("each key and value has its place, whatever stands between them") {
  const std::string text =
      "// first\n"
      "{ \"a\" : 1, /* , : \" */ \"b\":[10,{\"c\":\"x\\\"y\"},\n"
      "\t-1.5e3 ] , \"d/e~f\":true // , end\n"
      ",\"g\":null,\"h\":{},\"i\":[],\"j\":false }\n";
  const Source source = read_source(text);
  REQUIRE(source.mistakes.empty());
  REQUIRE(source.value.has_value());
  CHECK(*source.value == nlohmann::json::parse(text, nullptr, true, true));
  struct Case {
    const char* pointer;
    const char* key;
    const char* value;
  };
  for (const Case& c : {Case{"", "2:1", "2:1"},
                        {"/a", "2:3", "2:9"},
                        {"/b", "2:24", "2:28"},
                        {"/b/0", "2:29", "2:29"},
                        {"/b/1", "2:32", "2:32"},
                        {"/b/1/c", "2:33", "2:37"},
                        {"/b/2", "3:2", "3:2"},
                        {"/d~1e~0f", "3:13", "3:21"},
                        {"/g", "4:2", "4:6"},
                        {"/h", "4:11", "4:15"},
                        {"/i", "4:18", "4:22"},
                        {"/j", "4:25", "4:29"}}) {
    CAPTURE(c.pointer);
    CHECK(source.map.contains(c.pointer));
    CHECK(place(text, source.map.key(c.pointer)) == c.key);
    CHECK(place(text, source.map.value(c.pointer)) == c.value);
  }
}

TEST_CASE("a place that is not in the text is the nearest one around it") {
  const Source source = read_source(R"({"a": {"b": [1]}})");
  for (const char* pointer : {"/x", "/x/y", ""}) CHECK(source.map.value(pointer) == 0);
  CHECK(source.map.value("/a/x/y") == 6);
  CHECK(source.map.value("/a/b/1") == 12);
  CHECK(source.map.value("/a/b/01x") == 12);
  CHECK(source.map.key("/a/x") == 6);
  CHECK_FALSE(source.map.contains("/a/x"));
  CHECK_FALSE(source.map.contains("/a/b/-"));
}

TEST_CASE("pointers are escaped as RFC 6901 says") {
  CHECK(pointer_to("/a", "b/c~d") == "/a/b~1c~0d");
  CHECK(pointer_to("", "") == "/");
  CHECK(pointer_to("/a", std::size_t{3}) == "/a/3");
}

TEST_CASE("a repeated key is found at its second place and has its last value") {
  const std::string text = "{\"a\": 1,\n \"b\": {\"x\": 1, \"x\": 2, \"x\": 3},\n \"a\": [7]}";
  const Source source = read_source(text);
  REQUIRE(source.value.has_value());
  REQUIRE(source.mistakes.size() == 3);
  CHECK(place(text, source.mistakes[0].offset) == "2:16");
  CHECK(source.mistakes[0].pointer == "/b/x");
  CHECK(source.mistakes[0].message == "\"x\" is repeated: it is already set in line 2, column 8");
  CHECK(place(text, source.mistakes[1].offset) == "2:24");
  CHECK(place(text, source.mistakes[2].offset) == "3:2");
  CHECK(source.mistakes[2].message == "\"a\" is repeated: it is already set in line 1, column 2");
  CHECK((*source.value)["a"][0] == 7);
  CHECK(place(text, source.map.value("/a/0")) == "3:8");
}

TEST_CASE("nesting is bounded, not the stack") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(read_source(nested(deepest_nesting)).value.has_value());
  const Source source = read_source(nested(deepest_nesting + 1));
  CHECK_FALSE(source.value.has_value());
  REQUIRE(source.mistakes.size() == 1);
  CHECK(source.mistakes[0].offset == deepest_nesting);
  CHECK(source.mistakes[0].message == "nested deeper than 64 levels");
  CHECK_FALSE(read_source(std::string(1'000'000, '[')).value.has_value());
}

TEST_CASE("size is bounded") {
  const Source source = read_source(std::string(largest_text + 1, ' '));
  REQUIRE(source.mistakes.size() == 1);
  CHECK(source.mistakes[0].message == "the file is larger than 16 MiB");
}

}  // namespace ropeway::config
