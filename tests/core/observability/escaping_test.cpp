#include "core/src/observability/escaping.hpp"

#include <doctest/doctest.h>

#include <vector>

#include <ropeway/json_document.hpp>

using namespace ropeway::observability;

TEST_CASE("what stands in a log line is escaped by the rules of its place") {
  struct Case {
    std::string text, quotable, readable, quoted, json;
  };
  const std::vector<Case> cases = {
      {"", "", "", "", "\"\""},
      {"plain text/9", "plain text/9", "plain text/9", "plain text/9", "\"plain text/9\""},
      {"a\"b\\c", "a\\x22b\\x5Cc", "a\"b\\c", "a\\\"b\\\\c", R"("a\"b\\c")"},
      {"one\r\ntwo\t.", "one\\x0D\\x0Atwo\\x09.", "one\\x0D\\ntwo\\t.", "one\\x0D\\ntwo\\t.", R"("one\u000D\ntwo\t.")"},
      {std::string("\0\x1b[31m\x7f", 7), "\\x00\\x1B[31m\\x7F", "\\x00\\x1B[31m\\x7F", "\\x00\\x1B[31m\\x7F",
       R"("\u0000\u001B[31m\u007F")"},
      {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xA0", "caf\\xC3\\xA9 \\xE2\\x82\\xAC \\xF0\\x9F\\x9A\\xA0",
       "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xA0", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xA0",
       "\"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xA0\""},
      {"\xC2\x9B"
       "31m",
       "\\xC2\\x9B31m", "\\xC2\\x9B31m", "\\xC2\\x9B31m", R"("\u009B31m")"},                                 // a C1 control
      {"\xFF\xC0\xAF", "\\xFF\\xC0\\xAF", "\\xFF\\xC0\\xAF", "\\xFF\\xC0\\xAF", R"("\uFFFD\uFFFD\uFFFD")"},  // never UTF-8, overlong
      {"\xED\xA0\x80", "\\xED\\xA0\\x80", "\\xED\\xA0\\x80", "\\xED\\xA0\\x80", R"("\uFFFD\uFFFD\uFFFD")"},  // a surrogate
      {"\xE2\x82", "\\xE2\\x82", "\\xE2\\x82", "\\xE2\\x82", R"("\uFFFD\uFFFD")"},                           // cut
      {"\xC2", "\\xC2", "\\xC2", "\\xC2", R"("\uFFFD")"},
      {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80", "\\xF4\\x90\\x80\\x80", "\\xF4\\x90\\x80\\x80",
       R"("\uFFFD\uFFFD\uFFFD\uFFFD")"},  // past U+10FFFF
  };
  for (const Case& c : cases) {
    CAPTURE(c.quotable);
    std::string quotable, readable, quoted, json;
    append_quotable(quotable, c.text);
    append_readable(readable, c.text, false);
    append_readable(quoted, c.text, true);
    append_json_string(json, c.text);
    CHECK(quotable == c.quotable);
    CHECK(readable == c.readable);
    CHECK(quoted == c.quoted);
    CHECK(json == c.json);
    CHECK(nlohmann::json::accept(json));
  }
}

TEST_CASE("no pair of bytes ends a line, and every pair makes valid JSON") {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      std::string quotable, readable, json;
      append_quotable(quotable, text);
      append_readable(readable, text, false);
      append_json_string(json, text);
      const std::string all = quotable + readable + json;
      const bool harmless = all.find_first_of("\n\r\033") == std::string::npos && quotable.find('"') == std::string::npos;
      if (!harmless || !nlohmann::json::accept(json)) FAIL("bytes " << first << " " << second);
    }
  }
}
