#include <ropeway/json_writer.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>

#include <ropeway/json_document.hpp>

#include "tests/support/allocation_counter.hpp"
#include "tests/support/json.hpp"

namespace ropeway {
namespace {

template <class T>
std::string written(const T& value) {
  JsonWriter json;
  json.value(value);
  return json.take();
}

}  // namespace

TEST_CASE("objects and arrays are written as they are told, with commas where they belong") {
  JsonWriter json;
  json.begin_object()
      .member("id", 7)
      .member("name", "Ann")
      .key("tags")
      .begin_array()
      .value("a")
      .begin_array()
      .end_array()
      .begin_object()
      .end_object()
      .value(nullptr)
      .end_array()
      .member("ok", true)
      .member("none", std::optional<int>())
      .member("some", std::optional<std::string>("x"))
      .key("raw")
      .raw("[1,2]")
      .end_object();
  CHECK(json.complete());
  CHECK(json.take() == R"({"id":7,"name":"Ann","tags":["a",[],{},null],"ok":true,"none":null,"some":"x","raw":[1,2]})");
  CHECK(json.begin_array().value(1).value(2).end_array().take() == "[1,2]");
}

TEST_CASE("strings are escaped, and what is no UTF-8 becomes U+FFFD, wherever it stands in a string") {
  CHECK(written("") == R"("")");
  CHECK(written("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f") == "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  CHECK(written("J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80") == "\"J\xC3\xBCrgen \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  CHECK(written("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(written("\xC0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(written("\xED\xA0\x80x") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"");
  for (std::size_t before = 0; before < 20; ++before) {
    for (const char* odd : {"\"", "\n", "\xC3\xBC", "\xE2\x82\xAC"}) {
      const std::string text = std::string(before, 'x') + odd + std::string(9, 'y');
      CHECK(testing::parsed_json(written(text)).get<std::string>() == text);
    }
  }
  JsonWriter json;
  CHECK(json.begin_object().member("a\"\n", 1).end_object().take() == R"({"a\"\n":1})");
}

TEST_CASE("numbers have their shortest form that is read back as the same") {
  CHECK(written(0) == "0");
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(written(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(written(std::uint8_t{200}) == "200");
  CHECK(written(0.1) == "0.1");
  CHECK(written(0.1F) == "0.1");
  CHECK(written(-1.5e300) == "-1.5e+300");
  CHECK(written(std::nan("")) == "null");
  CHECK(written(-std::numeric_limits<double>::infinity()) == "null");
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const double number = std::ldexp(static_cast<double>(random()) - 0x1p63, static_cast<int>(random() % 200) - 100);
    CHECK(testing::parsed_json(written(number)).get<double>() == number);
  }
}

TEST_CASE("what would be no JSON is an error of the program") {
  CHECK_THROWS_AS(JsonWriter().begin_object().value(1), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().begin_object().key("a").key("b"), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().begin_object().key("a").end_object(), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().begin_array().key("a"), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().begin_array().end_object(), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().end_array(), std::logic_error);
  CHECK_THROWS_AS(JsonWriter().value(1).value(2), std::logic_error);
  CHECK_THROWS_AS((void)JsonWriter().take(), std::logic_error);
  CHECK_THROWS_AS((void)JsonWriter().begin_array().take(), std::logic_error);
  JsonWriter deep;
  for (unsigned i = 0; i < JsonWriter::most_depth; ++i) i % 2 == 0 ? deep.begin_array() : deep.begin_object().key("a");
  CHECK_THROWS_AS(deep.begin_array(), std::logic_error);
}

TEST_CASE("a stream is written piece by piece, in memory that is there already") {
  JsonWriter json{std::string()};
  std::string all;
  json.begin_array();
  for (int i = 0; i < 1000; ++i) {
    json.begin_object().member("i", i).end_object();
    if (json.text().size() < 500) continue;
    all += json.text();
    json.clear_text();
  }
  json.end_array();
  CHECK(json.complete());
  all += json.take();
  CHECK(testing::parsed_json(all).size() == 1000);

  std::string buffer;
  buffer.reserve(1000);
  JsonWriter reused(std::move(buffer));
  const testing::AllocationCounter counter;
  reused.begin_object().member("a long name of a member", 0.5).member("text", "which is far too long for the small string\n").end_object();
  CHECK(counter.count() == 0);
}

}  // namespace ropeway
