#include <doctest/doctest.h>

#include <cctype>
#include <stdexcept>
#include <string>
#include <vector>

#include <ropeway/headers.hpp>

namespace ropeway {

TEST_CASE("field names are compared without case, at every length and with every byte at every place (RFC 9110 §5.1)") {
  const auto fold = [](unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? byte + 0x20 : byte + 0; };
  for (std::size_t size = 0; size <= 26; ++size) {
    const std::string base(size, 'k');
    CHECK(same_field_name(base, std::string(size, 'K')));
    CHECK(!same_field_name(base, base + "k"));
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned left = 0; left < 256; ++left) {
        std::string one = base;
        one[at] = static_cast<char>(left);
        // Those that differ in one bit are the ones that folding could confuse.
        for (const unsigned right : {left, left ^ 0x20, left ^ 0x01, left ^ 0x80, left ^ 0xa0, left ^ 0x60}) {
          std::string other = base;
          other[at] = static_cast<char>(right);
          const bool same = fold(static_cast<unsigned char>(left)) == fold(static_cast<unsigned char>(right));
          if (same_field_name(one, other) != same) FAIL("size ", size, " at ", at, ": ", left, " and ", right);
        }
      }
    }
  }
}

TEST_CASE("a neighbour's carry or borrow does not make different names the same") {
  CHECK(same_field_name("Content-Length", "cONTENT-lENGTH"));
  CHECK(!same_field_name("Content-Length", "Content_Length"));
  CHECK(!same_field_name("@@@@@@@@", "````````"));
  CHECK(!same_field_name("[[[[[[[[", "{{{{{{{{"));
  CHECK(!same_field_name("^^^", "~~~"));
  CHECK(!same_field_name(std::string("\xC4\x80z"), std::string("\xE4\xA0z")));
  CHECK(same_field_name("", ""));
}

TEST_CASE("the fields of a request are found by name, first one first") {
  const std::vector<HeaderField> fields = {{"Host", "a"}, {"X-Tag", "1"}, {"x-tag", "2"}, {"Empty", ""}};
  const HeaderView view(fields);
  CHECK(view.size() == 4);
  CHECK(view.find("HOST") == "a");
  CHECK(view.find("X-TAG") == "1");
  CHECK(view.find("empty") == "");
  CHECK(!view.find("X-Ta").has_value());
  CHECK(view.count("X-Tag") == 2);
  CHECK(view.count("Nothing") == 0);
  CHECK(HeaderView().empty());
  CHECK(!HeaderView().find("Host").has_value());
}

TEST_CASE("added fields stand in the wire form in their order") {
  Headers headers;
  headers.add("Set-Cookie", "a=1");
  headers.add("Content-Type", "text/html");
  headers.add("Set-Cookie", "b=2");
  CHECK(headers.wire() == "Set-Cookie: a=1\r\nContent-Type: text/html\r\nSet-Cookie: b=2\r\n");
  REQUIRE(headers.size() == 3);
  CHECK(headers[1].name == "Content-Type");
  CHECK(headers[1].value == "text/html");
  CHECK(headers.find("set-cookie") == "a=1");
}

TEST_CASE("blanks around a value are no part of it (RFC 9110 §5.5)") {
  Headers headers;
  headers.add("A", " \tone two \t");
  headers.set("B", "  ");
  CHECK(headers.wire() == "A: one two\r\nB: \r\n");
  CHECK(headers.find("A") == "one two");
}

TEST_CASE("set replaces every field of the name and keeps the others") {
  Headers headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.set("A", "4");
  CHECK(headers.wire() == "B: 2\r\nA: 4\r\n");
  headers.set("C", "");
  CHECK(headers.find("C") == "");
  CHECK(headers[2].value.empty());
}

TEST_CASE("removed fields are gone, wherever they stood") {
  Headers headers;
  for (const char* name : {"X", "A", "x", "B", "X"}) headers.add(name, "value");
  CHECK(headers.remove("x"));
  CHECK(headers.wire() == "A: value\r\nB: value\r\n");
  CHECK(headers.find("B") == "value");
  CHECK(!headers.remove("X"));
  CHECK(headers.remove("A"));
  CHECK(headers.remove("B"));
  CHECK(headers.empty());
  CHECK(headers.wire().empty());
}

TEST_CASE("a field that would inject another one or break the message is refused (RFC 9110 §5.1, §5.5)") {
  Headers headers;
  for (const std::string& name : {std::string(), std::string("A B"), std::string("A:"), std::string("A\r\nB"), std::string("A\0B", 3),
                                  std::string("\xC3\xA4"), std::string("(A)"), std::string("A\"")}) {
    CAPTURE(name);
    CHECK_THROWS_AS(headers.add(name, "x"), std::invalid_argument);
    CHECK_THROWS_AS(headers.set(name, "x"), std::invalid_argument);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool allowed = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    for (std::size_t at = 0; at < 19; ++at) {  // in the words, and behind the last whole one
      std::string value(19, 'v');
      value[at] = static_cast<char>(byte);
      bool accepted = true;
      try {
        headers.set("Name", value);
      } catch (const std::invalid_argument&) { accepted = false; }
      if (accepted != allowed) FAIL("byte ", byte, " at ", at);
    }
  }
  CHECK(headers.size() == 1);
}

TEST_CASE("a name or value that is a view of the same object's text may be added") {
  Headers headers;
  headers.add("First", "a value that is too long for any small buffer, and that makes the text grow");
  const std::string expected(*headers.find("First"));
  for (int i = 0; i < 20; ++i) headers.add("Copy", *headers.find("First"));
  for (std::size_t i = 0; i < headers.size(); ++i) CHECK(headers[i].value == expected);
  headers.set("First", *headers.find("First"));
  CHECK(headers.find("First") == expected);
  headers.remove(headers[0].name);
  CHECK(headers.size() == 1);
}

TEST_CASE("a Content-Length is digits, and no more than fits") {
  CHECK(parse_content_length("0") == 0);
  CHECK(parse_content_length("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1,1", "0x1", "18446744073709551616"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_content_length(text).has_value());
  }
}

TEST_CASE("clear keeps the memory for the next use") {
  Headers headers;
  headers.add("Name", std::string(500, 'v'));
  const std::size_t held = headers.capacity();
  CHECK(held >= 500);
  headers.clear();
  CHECK(headers.empty());
  CHECK(headers.capacity() == held);
  headers.add("Name", "x");
  CHECK(headers.wire() == "Name: x\r\n");
}

}  // namespace ropeway
