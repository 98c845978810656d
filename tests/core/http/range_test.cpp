#include <doctest/doctest.h>

#include <string>

#include "core/src/http/range.hpp"

namespace ropeway::http::range_test {
namespace {

// "whole", "unsatisfiable", or the ranges as "first+length".
std::string selected(std::string_view value, std::uint64_t size) {
  const RangeSelection selection = select_ranges(value, size);
  if (selection.kind == RangeSelection::Kind::whole) return "whole";
  if (selection.kind == RangeSelection::Kind::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange& range : selection.ranges()) {
    text += (text.empty() ? "" : " ") + std::to_string(range.first) + "+" + std::to_string(range.length);
  }
  return text;
}

struct Row {
  const char* value;
  const char* result;
};

}  // namespace

TEST_CASE("single ranges and suffixes (RFC 9110 §14.1.2)") {
  for (const Row& row : {Row{"bytes=0-499", "0+500"},
                         {"bytes=500-999", "500+500"},
                         {"bytes=-500", "9500+500"},
                         {"bytes=9500-", "9500+500"},
                         {"bytes=0-0", "0+1"},
                         {"bytes=-1", "9999+1"},
                         {"bytes=0-", "0+10000"},
                         {"bytes=0-9999", "0+10000"},
                         {"bytes=0-10000", "0+10000"},
                         {"bytes=9999-99999", "9999+1"},
                         {"bytes=-10000", "0+10000"},
                         {"bytes=-20000", "0+10000"},
                         {"BYTES=0-1", "0+2"},
                         {"bytes= 0-1 ", "0+2"},
                         {"bytes=,0-1,,", "0+2"},
                         {"bytes=000-001", "0+2"},
                         {"bytes=0-18446744073709551615", "0+10000"},
                         {"bytes=0-99999999999999999999999999", "0+10000"},
                         {"bytes=-99999999999999999999999999", "0+10000"}}) {
    CAPTURE(row.value);
    CHECK(selected(row.value, 10'000) == row.result);
  }
}

TEST_CASE("several ranges keep the order asked for, and lose those that cannot be satisfied (RFC 9110 §14.1.2)") {
  for (const Row& row : {Row{"bytes=0-0,-1", "0+1 9999+1"},
                         {"bytes= 0-999, 4500-5499, -1000", "0+1000 4500+1000 9000+1000"},
                         {"bytes=500-600,601-999", "500+101 601+399"},
                         {"bytes=700-999,0-9", "700+300 0+10"},
                         {"bytes=500-700,601-999", "500+201 601+399"},
                         {"bytes=0-1,20000-", "0+2"},
                         {"bytes=20000-,-0,5-5", "5+1"}}) {
    CAPTURE(row.value);
    CHECK(selected(row.value, 10'000) == row.result);
  }
}

TEST_CASE("ranges that begin behind the end cannot be satisfied (RFC 9110 §15.5.17)") {
  for (const char* value :
       {"bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999999-", "bytes=20000-,30000-30001"}) {
    CAPTURE(value);
    CHECK(selected(value, 10'000) == "unsatisfiable");
  }
}

TEST_CASE("a malformed field and other units are ignored (RFC 9110 §14.2)") {
  for (const char* value : {"",           "bytes",       "bytes=",        "bytes=,",     "bytes=-",    "bytes=a-b",
                            "bytes=1",    "bytes=2-1",   "bytes=0-1,2-1", "bytes=0-1,x", "bytes=--1",  "bytes=1--2",
                            "bytes=+1-2", "bytes=1-+2",  "bytes=0x1-2",   "bytes=1-2-3", "bytes =0-1", " bytes=0-1",
                            "bytes=0 -1", "bytes=0- 1",  "bytes:0-1",     "items=0-1",   "byte=0-1",   "bytesx=0-1",
                            "=0-1",       "bytes=1.5-2", "bytes=0-1;2-3", "bytes=- 5"}) {
    CAPTURE(value);
    CHECK(selected(value, 10'000) == "whole");
  }
}

TEST_CASE("an empty representation has no part to send") {
  CHECK(selected("bytes=0-", 0) == "unsatisfiable");
  CHECK(selected("bytes=0-0", 0) == "unsatisfiable");
  CHECK(selected("bytes=-5", 0) == "whole");
  CHECK(selected("bytes=-0", 0) == "unsatisfiable");
}

TEST_CASE("requests for much work are ignored (RFC 9110 §17.15)") {
  std::string sixteen = "bytes=0-0";
  for (int i = 1; i < 16; ++i) sixteen += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  CHECK(select_ranges(sixteen, 1000).count == 16);
  CHECK(selected(sixteen + ",100-100", 1000) == "whole");
  CHECK(selected(sixteen + ",5000-", 1000) == "whole");  // also where it could not be satisfied
  CHECK(selected("bytes=0-,0-", 1000) == "whole");
  CHECK(selected("bytes=0-999,999-999", 1000) == "whole");
  CHECK(selected("bytes=0-998,999-999", 1000) == "0+999 999+1");
  CHECK(selected("bytes=0-499,0-499", 1000) == "0+500 0+500");
  CHECK(selected("bytes=0-,0-,x", 1000) == "whole");
  CHECK(selected("bytes=0-,0-,0-", UINT64_MAX) == "whole");
  std::string many = "bytes=";
  for (int i = 0; i < 5000; ++i) many += "0-,";
  CHECK(selected(many, 1000) == "whole");
}

TEST_CASE("the largest sizes do not overflow") {
  CHECK(selected("bytes=18446744073709551618-18446744073709551617", 10) == selected("bytes=5-4", 10));
  CHECK(selected("bytes=0018446744073709551617-18446744073709551618", 10) == selected("bytes=11-12", 10));
  CHECK(selected("bytes=18446744073709551614-", UINT64_MAX) == "18446744073709551614+1");
  CHECK(selected("bytes=0-18446744073709551615", UINT64_MAX) == "0+18446744073709551615");
  CHECK(selected("bytes=-18446744073709551615", UINT64_MAX) == "0+18446744073709551615");
}

TEST_CASE("Content-Range says the place of a part (RFC 9110 §14.4)") {
  CHECK(ContentRange({0, 500}, 1234).view() == "bytes 0-499/1234");
  CHECK(ContentRange({42, 1}, 1234).view() == "bytes 42-42/1234");
  CHECK(ContentRange(47'022).view() == "bytes */47022");
  CHECK(ContentRange({UINT64_MAX - 1, 1}, UINT64_MAX).view() == "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
}

}  // namespace ropeway::http::range_test
