#include <doctest/doctest.h>

#include <string>

#include <ropeway/url.hpp>

namespace ropeway {

TEST_CASE("all but unreserved characters are percent-encoded (RFC 3986 §2.3)") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b/c?d#e%") == "a%20b%2Fc%3Fd%23e%25");
  CHECK(percent_encode("a b/c", true) == "a%20b/c");
  CHECK(percent_encode("\xc3\xa4\x7f\n") == "%C3%A4%7F%0A");
  CHECK(percent_encode(std::string(1, '\0')) == "%00");
}

TEST_CASE("decoding undoes encoding for every byte") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_decode(percent_encode(all, true)) == all);
}

TEST_CASE("decoding happens once and refuses malformed escapes (RFC 3986 §2.1)") {
  CHECK(percent_decode("%2525") == "%25");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("") == "");
  for (const char* text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "%u0041", "%-1"}) {
    CAPTURE(text);
    CHECK(!percent_decode(text).has_value());
  }
}

TEST_CASE("text is made safe for HTML") {
  CHECK(escape_html("<a href=\"x\" title='y'>&amp;</a>") == "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
  CHECK(escape_html("plain \xc3\xa4") == "plain \xc3\xa4");
  CHECK(escape_html("").empty());
}

}  // namespace ropeway
