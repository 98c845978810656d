#include "core/src/config/printable.hpp"

#include <doctest/doctest.h>

namespace ropeway::config {

TEST_CASE("a code point is decoded as RFC 3629 says") {
  struct Case {
    std::string_view bytes;
    char32_t value;
    std::size_t length;
  };
  for (const Case& c : {Case{"a", 'a', 1},
                        {"\xC3\xA9", 0xE9, 2},
                        {"\xE2\x82\xAC", 0x20AC, 3},
                        {"\xF0\x9F\x9A\xA1", 0x1F6A1, 4},
                        {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
                        {"\xC3", 0, 0},
                        {"\xC0\x80", 0, 0},
                        {"\xC1\xBF", 0, 0},
                        {"\xE0\x80\x80", 0, 0},
                        {"\xED\xA0\x80", 0, 0},
                        {"\xF0\x80\x80\x80", 0, 0},
                        {"\xF4\x90\x80\x80", 0, 0},
                        {"\xF5\x80\x80\x80", 0, 0},
                        {"\x80", 0, 0},
                        {"\xFF", 0, 0},
                        {"\xC3\x28", 0, 0}}) {
    CAPTURE(c.bytes);
    const CodePoint found = code_point(c.bytes, 0);
    CHECK(found.value == c.value);
    CHECK(found.length == c.length);
  }
}

TEST_CASE("what could drive a terminal is replaced") {
  CHECK(printable("plain \xC3\xA9\t.") == "plain \xC3\xA9\t.");
  CHECK(printable("\x1B[31m") == "\xEF\xBF\xBD[31m");
  CHECK(printable(std::string_view("\0\r\x7F", 3)) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(printable("\xC2\x9B") == "\xEF\xBF\xBD");      // a C1 control character
  CHECK(printable("\xE2\x80\xAE") == "\xEF\xBF\xBD");  // right-to-left override
  CHECK(printable("a\xFFz") == "a\xEF\xBF\xBDz");
}

TEST_CASE("a quotation is cut between code points") {
  CHECK(in_quotes("abc") == "\"abc\"");
  CHECK(in_quotes(std::string(59, 'a') + "\xC3\xA9" + std::string(50, 'b')) == "\"" + std::string(59, 'a') + "\xC3\xA9...\"");
}

TEST_CASE("line and column are counted in bytes from 1") {
  struct Case {
    std::string_view text;
    std::size_t offset;
    std::size_t line;
    std::size_t column;
  };
  for (const Case& c : {Case{"", 0, 1, 1},
                        {"abc", 2, 1, 3},
                        {"a\nbc", 1, 1, 2},
                        {"a\nbc", 2, 2, 1},
                        {"a\r\nb", 3, 2, 1},
                        {"\t\xC3\xA9x", 3, 1, 4},
                        {"\xEF\xBB\xBFx", 3, 1, 1},
                        {"\xEF\xBB\xBFx", 0, 1, 1},
                        {"\xEF\xBB\xBFx\ny", 5, 2, 1},
                        {"abc", 99, 1, 4}}) {
    CAPTURE(c.text);
    CAPTURE(c.offset);
    CHECK(line_and_column(c.text, c.offset).line == c.line);
    CHECK(line_and_column(c.text, c.offset).column == c.column);
  }
}

TEST_CASE("the caret stands under its byte") {
  CHECK(excerpt("one\ntwo three\nfour", 8) == "two three\n    ^");
  CHECK(excerpt("\t\"a\": x", 6) == "\t\"a\": x\n\t     ^");
  CHECK(excerpt("\"\xC3\xA9\" x", 5) == "\"\xC3\xA9\" x\n    ^");
  CHECK(excerpt("a\r\nb", 1) == "a\n ^");
  CHECK(excerpt("", 0) == "\n^");
  CHECK(excerpt("\xEF\xBB\xBF{", 3) == "{\n^");
  CHECK(excerpt("x\x1B[1m y", 6) == "x\xEF\xBF\xBD[1m y\n      ^");
}

TEST_CASE("a long line is cut around the caret") {
  CHECK(excerpt(std::string(100, 'a'), 99) == std::string(100, 'a') + "\n" + std::string(99, ' ') + "^");
  const std::string line = std::string(1000, 'a') + "!" + std::string(1000, 'b');
  CHECK(excerpt(line, 1000) == "..." + std::string(60, 'a') + "!" + std::string(39, 'b') + "...\n" + std::string(63, ' ') + "^");
  CHECK(excerpt(line, 0) == std::string(40, 'a') + "...\n^");
  CHECK(excerpt(line, 2000) == "..." + std::string(61, 'b') + "\n" + std::string(63, ' ') + "^");
}

}  // namespace ropeway::config
