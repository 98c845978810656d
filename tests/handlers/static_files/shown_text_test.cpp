#include "handlers/static_files/shown_text.hpp"

#include <doctest/doctest.h>

namespace ropeway::handlers {

TEST_CASE("text becomes valid UTF-8, byte by byte where it is not") {
  const struct {
    const char* bytes;
    const char* expected;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"gr\xc3\xb6\xc3\x9f"
       "e \xe2\x82\xac \xf0\x9f\x9a\xa1",
       "gr\xc3\xb6\xc3\x9f"
       "e \xe2\x82\xac \xf0\x9f\x9a\xa1"},
      {"a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"\xc3", "\xef\xbf\xbd"},                                                  // cut
      {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // cut
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // an overlong "/"
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // a surrogate
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // beyond U+10FFFF
      {"\xc3x", "\xef\xbf\xbdx"},
  };
  for (const auto& [bytes, expected] : cases) {
    CAPTURE(expected);
    CHECK(valid_utf8(bytes) == expected);
  }
}

TEST_CASE("control characters of a name are shown as their symbols") { CHECK(shown_name("a\nb\x1b\x7f") == "a␊b␛␡"); }

TEST_CASE("sizes are short") {
  const struct {
    std::uint64_t bytes;
    const char* expected;
  } cases[] = {
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.0 KiB"},
      {1536, "1.5 KiB"},
      {10 * 1024, "10 KiB"},
      {1024 * 1024 - 1, "1.0 MiB"},
      {5ULL << 30, "5.0 GiB"},
      {999ULL << 40, "999 TiB"},
      {UINT64_MAX, "16 EiB"},
  };
  for (const auto& [bytes, expected] : cases) CHECK(shown_size(bytes) == expected);
}

TEST_CASE("times are in UTC") {
  const std::chrono::system_clock::time_point time(std::chrono::seconds(1'700'000'000));
  CHECK(shown_time(time) == "2023-11-14 22:13");
  CHECK(iso_time(time) == "2023-11-14T22:13:20Z");
}

TEST_CASE("JSON strings hold no bare quotes, control characters or invalid UTF-8") {
  CHECK(json_string("a\"b\\c\n\x01\xff/<") == "\"a\\\"b\\\\c\\u000a\\u0001\xef\xbf\xbd/<\"");
}

}  // namespace ropeway::handlers
