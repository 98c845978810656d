#include <doctest/doctest.h>

#include <string>

#include "core/src/http/mime_types_file.hpp"

namespace ropeway::http {

TEST_CASE("types and extensions are read from the lines of a file") {
  const MediaTypes types = parse_mime_types(
      "# a comment\n"
      "application/x-one\t\tone ONE2  one3\r\n"
      "\n"
      "text/x-two two # and a comment\n"
      "application/x-nothing\n"
      "application/x-late one\n"
      "application/x-last last");
  CHECK(types.size() == 5);
  CHECK(types.at("one") == "application/x-one");
  CHECK(types.at("one2") == "application/x-one");
  CHECK(types.at("one3") == "application/x-one");
  CHECK(types.at("two") == "text/x-two; charset=utf-8");
  CHECK(types.at("last") == "application/x-last");
}

TEST_CASE("lines that make no sense are skipped, so that no type can break a response") {
  for (const std::string& text : {std::string(), std::string("\n\n"), std::string("notype ext"), std::string("/ ext"),
                                  std::string("a/ ext"), std::string("a/b/c ext"), std::string("a/b\x01 ext"), std::string("a/b;x ext"),
                                  std::string("a/b\0c ext", 9), std::string("#a/b ext"), std::string("\xff\xfe/\xfd ext")}) {
    CAPTURE(text);
    CHECK(parse_mime_types(text).empty());
  }
}

}  // namespace ropeway::http
