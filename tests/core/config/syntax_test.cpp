#include "core/src/config/syntax.hpp"

#include <doctest/doctest.h>

#include "core/src/config/printable.hpp"
#include "core/src/config/source_map.hpp"

namespace ropeway::config {

TEST_CASE("a text that is not JSON is explained at the place of its fault") {
  struct Case {
    std::string_view text;
    const char* place;
    const char* message;
  };
  const Case cases[] = {
      {"", "1:1", "the file is empty: expected a JSON object: { ... }"},
      {"  // nothing\n", "1:1", "the file is empty: expected a JSON object: { ... }"},
      {"\xEF\xBB\xBF", "1:1", "the file is empty: expected a JSON object: { ... }"},
      {"{", "1:2", "the file ends here: the \"{\" of line 1, column 1 is not closed"},
      {"{\n \"a\": [1,\n 2\n\n", "3:3", "the file ends here: the \"[\" of line 2, column 7 is not closed"},
      {"{\"a\"", "1:5", "the file ends here: the \"{\" of line 1, column 1 is not closed"},
      {"{\"a\" 1}", "1:6", "found \"1\", expected \":\" after the name"},
      {"{\"a\": }", "1:7", "found \"}\", expected a value"},
      {"{\"a\": 1 \"b\": 2}", "1:9", "found \"b\", expected \",\" in front of it"},
      {"{\"a\": 1\n\"b\": 2}", "2:1", "found \"b\", expected \",\" in front of it"},
      {"[1 2]", "1:4", "found \"2\", expected \",\" or \"]\""},
      {"[\"x\" \"y\"]", "1:6", "found \"y\", expected \",\" in front of it"},
      {"{\"a\": 1,}", "1:8", "a comma after the last member must go"},
      {"[1, 2 , ]", "1:7", "a comma after the last element must go"},
      {"{,}", "1:2", "found \",\", expected a name in double quotes or \"}\""},
      {"[,]", "1:2", "found \",\", expected a value or \"]\""},
      {"[1,,2]", "1:4", "found \",\", expected a value"},
      {"{threads: 1}", "1:2", "the name \"threads\" must be in double quotes"},
      {"{\"a\": 1, threads: 1}", "1:10", "the name \"threads\" must be in double quotes"},
      {"{'a': 1}", "1:2", "text and names are written in double quotes, not in single ones"},
      {"{\"a\": True}", "1:7", "found \"True\", did you mean true?"},
      {"{\"a\": off}", "1:7", "found \"off\", did you mean false?"},
      {"{\"a\": None}", "1:7", "found \"None\", did you mean null?"},
      {"{\"a\": auto}", "1:7", "found \"auto\", expected a value; text is written in double quotes"},
      {"{\"a\": truex}", "1:11", "found \"x\", expected \",\" or \"}\""},
      {"{\"a\": NaN}", "1:7", "found \"NaN\", expected a value; text is written in double quotes"},
      {"{\"a\": +1}", "1:7", "found \"+1\": a number must not begin with \"+\""},
      {"{\"a\": .5}", "1:7", "found \".5\": a number must have a digit in front of its point"},
      {"{\"a\": 1.}", "1:7", "found \"1.\": not a number"},
      {"{\"a\": 1e}", "1:7", "found \"1e\": a number with a unit is written in double quotes"},
      {"{\"a\": -}", "1:7", "found \"-\": not a number"},
      {"{\"a\": 010}", "1:7", "found \"010\": a number must not begin with 0"},
      {"{\"a\": 0x1F}", "1:7", "found \"0x1F\": a number must be decimal"},
      {"{\"a\": 16k}", "1:7", "found \"16k\": a number with a unit is written in double quotes"},
      {"{\"a\": 1e999}", "1:7", "found \"1e999\": this number is too large"},
      {"{\"a\": -1e999}", "1:7", "found \"-1e999\": this number is too large"},
      {"{\"a\": \"x}\n", "1:7", "this text has no closing double quote in its line; a line break is written \\n"},
      {"{\"a\": \"x", "1:7", "this text has no closing double quote"},
      {"{\"a\": \"x\ty\"}", "1:9", "a tab in a text is written \\t"},
      {"{\"a\": \"x\x01y\"}", "1:9", "a control character in a text is written \\uXXXX"},
      {"{\"a\": \"C:\\dir\"}", "1:10",
       "not an escape of JSON: it has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a backslash itself is \\\\"},
      {"{\"a\": \"\\u12g4\"}", "1:8", "\\u must be followed by four hexadecimal digits"},
      {"{\"a\": \"\\ud800\"}", "1:8", "the first half of a surrogate pair stands alone"},
      {"{\"a\": \"\\udc00\"}", "1:8", "the second half of a surrogate pair stands alone"},
      {"{} x", "1:4", "found \"x\", expected nothing after the end of the configuration"},
      {"{}{}", "1:3", "found \"{\", expected nothing after the end of the configuration"},
      {"{\n  /* open\n}", "2:3", "this comment is not closed by */"},
      {"{ / }", "1:3", "found \"/\", but a comment begins with // or /*"},
      {"{\"a\": 1 # no\n}", "1:9", "found \"#\", expected \",\" or \"}\""},
      {"\xEF\xBB\xBF\xEF\xBB\xBF{}", "1:1", "found \"\xEF\xBF\xBD\", expected a JSON object: { ... }"},
      {"{]", "1:2", "found \"]\", expected a name in double quotes or \"}\""},
      {"\xFF\xFE{", "1:1", "the file is in UTF-16: save it as UTF-8"},
      {"{\"\xC3\xA9\": \"\xFF\"}", "1:9", "found the byte 0xff, which is not UTF-8 here"},
      {"{} // \xC3", "1:7", "found the byte 0xc3, which is not UTF-8 here"},
      {std::string_view("{}\n\0", 4), "2:1", "found a NUL byte"},
      {std::string_view("{\"a\0\": 1}", 9), "1:4", "found a NUL byte"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Source source = read_source(c.text);
    CHECK_FALSE(source.value.has_value());
    REQUIRE(source.mistakes.size() == 1);
    const LineColumn found = line_and_column(c.text, source.mistakes[0].offset);
    CHECK(std::to_string(found.line) + ":" + std::to_string(found.column) == c.place);
    CHECK(source.mistakes[0].message == c.message);
  }
}

TEST_CASE("blanks and comments are passed over as JSON with comments has them") {
  CHECK(skip_blank(" \t\r\n x", 0) == 5);
  CHECK(skip_blank("//a\rx", 0) == 4);
  CHECK(skip_blank("//a", 0) == 3);
  CHECK(skip_blank("/**//* * */x", 0) == 11);
  CHECK(skip_blank("/*/x", 0) == 0);
  CHECK(skip_blank("/ x", 0) == 0);
}

TEST_CASE("the end of a number is that of its longest form") {
  struct Case {
    const char* text;
    std::size_t end;
  };
  for (const Case& c : {Case{"0", 1}, {"01", 1}, {"-12.50e+3,", 9}, {"1.", 1}, {"1e", 1}, {"1e+", 1}, {"-", 0}, {"x", 0}, {"1.5.2", 3}}) {
    CAPTURE(c.text);
    CHECK(number_end(c.text, 0) == c.end);
  }
}

}  // namespace ropeway::config
