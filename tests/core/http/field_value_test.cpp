#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> all;
  ListReader reader(list);
  while (const auto element = reader.next()) all.emplace_back(*element);
  return all;
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("a token is made of token characters alone (RFC 9110 §5.6.2)") {
  CHECK(is_token("Content-Type"));
  CHECK(is_token("!#$%&'*+-.^_`|~09azAZ"));
  CHECK(!is_token(""));
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool delimiter = std::string_view("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(byte)) != std::string_view::npos;
    CHECK(is_token_character(static_cast<char>(byte)) == (byte > 0x20 && byte < 0x7f && !delimiter));
  }
}

TEST_CASE("lists are split at commas, but not inside quoted strings (RFC 9110 §5.6.1)") {
  CHECK(elements("") == List{});
  CHECK(elements(" , ,\t,") == List{});
  CHECK(elements("a") == List{"a"});
  CHECK(elements("foo , ,bar,charlie") == List{"foo", "bar", "charlie"});
  CHECK(elements("\"a,b\", c") == List{"\"a,b\"", "c"});
  CHECK(elements("\"a\\\",b\",c") == List{"\"a\\\",b\"", "c"});
  CHECK(elements("x;p=\"1,2\";q=0.5,y") == List{"x;p=\"1,2\";q=0.5", "y"});
  CHECK(elements("a b, c") == List{"a b", "c"});
}

TEST_CASE("a quoted string without an end reaches to the end of the list") {
  CHECK(elements("a, \"b, c") == List{"a", "\"b, c"});
  CHECK(elements("\"\\") == List{"\"\\"});
  CHECK(elements("\"") == List{"\""});
}

TEST_CASE("weights are read in thousandths (RFC 9110 §12.4.2)") {
  struct Row {
    const char* text;
    int quality;
  };
  for (const Row& row : {Row{"0", 0}, {"1", 1000}, {"0.", 0}, {"1.", 1000}, {"0.5", 500}, {"0.05", 50}, {"0.123", 123}, {"1.000", 1000}}) {
    CAPTURE(row.text);
    CHECK(parse_quality(row.text) == row.quality);
  }
  for (const char* text : {"", "2", "1.1", "1.001", "0.1234", ".5", "-0", "+1", "0,5", "0.5 ", "0.x", "00", "10", "1e0", "0.0.0"}) {
    CAPTURE(text);
    CHECK(!parse_quality(text).has_value());
  }
}

TEST_CASE("an element of Accept is taken apart (RFC 9110 §12.5.1)") {
  struct Row {
    const char* element;
    const char* value;
    const char* parameters;
    int quality;
  };
  for (const Row& row : {Row{"text/html", "text/html", "", 1000},
                         {"text/html;q=0.3", "text/html", "", 300},
                         {"text/html ; level=1 ; Q=0.25", "text/html", "level=1", 250},
                         {"text/html;level=1;x=\"a;q=0\"", "text/html", "level=1;x=\"a;q=0\"", 1000},
                         {"*/*;q=0;ext=1", "*/*", "", 0},
                         {"gzip;", "gzip", "", 1000}}) {
    CAPTURE(row.element);
    const auto result = parse_weighted(row.element);
    REQUIRE(result.has_value());
    CHECK(result->value == row.value);
    CHECK(result->parameters == row.parameters);
    CHECK(result->quality == row.quality);
  }
  for (const char* element : {"", ";q=1", "a;q=", "a;q=2", "a;q=abc"}) {
    CAPTURE(element);
    CHECK(!parse_weighted(element).has_value());
  }
}

TEST_CASE("white space is trimmed and case is ignored where asked") {
  CHECK(trim(" \t a b\t ") == "a b");
  CHECK(trim(" \t") == "");
  CHECK(trim("\n a") == "\n a");
  CHECK(equals_ignoring_case("ByTeS", "bytes"));
  CHECK(!equals_ignoring_case("byte", "bytes"));
  CHECK(!equals_ignoring_case("@", "`"));
}

}  // namespace ropeway::http
