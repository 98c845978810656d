#include <doctest/doctest.h>

#include <string>

#include "core/src/http/percent_encoding.hpp"

namespace ropeway::http {

TEST_CASE("form text is decoded leniently") {
  struct Row {
    const char* encoded;
    const char* plain;
  };
  for (const Row& row : {Row{"", ""},
                         {"a+b", "a b"},
                         {"a%20b", "a b"},
                         {"a%2Bb", "a+b"},
                         {"%41%62", "Ab"},
                         {"100%", "100%"},
                         {"%4", "%4"},
                         {"%zz%41", "%zzA"},
                         {"%%41", "%A"},
                         {"%e4%b8%ad", "\xe4\xb8\xad"},
                         {"%25", "%"},
                         {"%2525", "%25"}}) {
    CAPTURE(row.encoded);
    CHECK(decode_form_text(row.encoded) == row.plain);
    CHECK(form_text_equals(row.encoded, row.plain));
    CHECK(!form_text_equals(row.encoded, std::string(row.plain) + "x"));
    CHECK(!form_text_equals(std::string(row.encoded) + "x", row.plain));
  }
  CHECK(decode_form_text("%00") == std::string(1, '\0'));
}

TEST_CASE("an escape is two hexadecimal digits of either case (RFC 3986 §2.1)") {
  CHECK(escaped_byte("%2f", 0) == 0x2f);
  CHECK(escaped_byte("%2F", 0) == 0x2f);
  CHECK(escaped_byte("x%fF", 1) == 0xff);
  for (const char* text : {"%", "%2", "%g0", "%0g", "%-1", "% 1", "%+1", "%0x"}) {
    CAPTURE(text);
    CHECK(escaped_byte(text, 0) == -1);
  }
}

}  // namespace ropeway::http
