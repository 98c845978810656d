#include <doctest/doctest.h>

#include <array>
#include <string>

#include "core/src/http/date.hpp"

namespace ropeway::http {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

sys_seconds at(long long since_epoch) { return sys_seconds(seconds(since_epoch)); }
const sys_seconds now = at(1'790'000'000);  // September 2026

std::string formatted(sys_seconds time) {
  std::array<char, date_size> text;
  format_date(time, text);
  return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("times are written as IMF-fixdate (RFC 9110 §5.6.7)") {
  CHECK(formatted(at(784'111'777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(formatted(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(formatted(at(-1)) == "Wed, 31 Dec 1969 23:59:59 GMT");
  CHECK(formatted(at(951'782'400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(formatted(at(4'102'444'799)) == "Thu, 31 Dec 2099 23:59:59 GMT");
  CHECK(formatted(sys_seconds::max()) == "Fri, 31 Dec 9999 23:59:59 GMT");
  CHECK(formatted(sys_seconds::min()).substr(5) == "01 Jan 0000 00:00:00 GMT");
}

TEST_CASE("what was written is read again") {
  for (long long time = -2'000'000'000; time < 6'000'000'000; time += 86'399LL * 131) {
    if (parse_date(formatted(at(time)), now) != at(time)) FAIL(time);
  }
}

TEST_CASE("all three forms of a date are read (RFC 9110 §5.6.7)") {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_date(text, now) == at(784'111'777));
  }
  CHECK(parse_date("Wed Nov 16 08:49:37 1994", now) == at(784'111'777 + 10 * 86'400));
  CHECK(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now) == at(1'483'228'800));  // a leap second
}

TEST_CASE("a year of two digits is at most 50 years ahead (RFC 9110 §5.6.7)") {
  const auto year = [](const char* text, sys_seconds when) {
    const auto time = parse_date(text, when);
    return time ? static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*time)).year()) : 0;
  };
  CHECK(year("Sunday, 06-Nov-26 08:49:37 GMT", now) == 2026);
  CHECK(year("Sunday, 06-Nov-76 08:49:37 GMT", now) == 2076);
  CHECK(year("Sunday, 06-Nov-77 08:49:37 GMT", now) == 1977);
  CHECK(year("Sunday, 06-Nov-99 08:49:37 GMT", now) == 1999);
  CHECK(year("Sunday, 06-Nov-10 08:49:37 GMT", at(3'786'912'000)) == 2110);  // in 2090
}

TEST_CASE("what is no date is refused") {
  for (const char* text : {"",
                           "0",
                           "yesterday",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           " Sun, 06 Nov 1994 08:49:37 GMT",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Tue, 29 Feb 2023 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 08-49-37 GMT",
                           "Sun, 06 Nov 1994 -8:49:37 GMT",
                           "Sun, +6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nox 1994 08:49:37 GMT",
                           "Xxx, 06 Nov 1994 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sunday, 06-Nov-94",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "Sun Nov  0 08:49:37 1994",
                           "Sun Nov",
                           "784111777"}) {
    CAPTURE(text);
    CHECK(!parse_date(text, now).has_value());
  }
}

TEST_CASE("no part of a date is a date") {
  for (const std::string text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t size = 0; size < text.size(); ++size) CHECK(!parse_date(text.substr(0, size), now).has_value());
  }
}

}  // namespace ropeway::http
