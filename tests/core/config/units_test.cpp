#include "core/src/config/units.hpp"

#include <doctest/doctest.h>

#include <ropeway/json_document.hpp>

namespace ropeway::config {

TEST_CASE("a duration is read as milliseconds") {
  struct Case {
    const char* text;
    std::optional<std::int64_t> milliseconds;
  };
  for (const Case& c : {Case{"250ms", 250},
                        {"30s", 30'000},
                        {"5m", 300'000},
                        {"1h", 3'600'000},
                        {"30", 30'000},
                        {"0", 0},
                        {"1.5s", 1500},
                        {"0.25m", 15'000},
                        {"0.001s", 1},
                        {"", {}},
                        {"s", {}},
                        {"ms", {}},
                        {"-1s", {}},
                        {"+1s", {}},
                        {"1 s", {}},
                        {" 1s", {}},
                        {"1d", {}},
                        {"1S", {}},
                        {"1.s", {}},
                        {".5s", {}},
                        {"1.5ms", {}},
                        {"0.0001s", {}},
                        {"1.2.3s", {}},
                        {"1e3s", {}},
                        {"9223372036854775807ms", 9223372036854775807},
                        {"9223372036854775808ms", {}},
                        {"9223372036854775807s", {}},
                        {"9223372036854775807.9h", {}},
                        {"1.0000000001s", {}}}) {
    CAPTURE(c.text);
    CHECK(parse_duration(c.text) == c.milliseconds);
  }
}

TEST_CASE("a size is read as bytes") {
  struct Case {
    const char* text;
    std::optional<std::int64_t> bytes;
  };
  for (const Case& c : {Case{"512", 512},
                        {"0", 0},
                        {"16k", 16384},
                        {"16K", 16384},
                        {"8M", 8388608},
                        {"8m", 8388608},
                        {"2G", 2147483648},
                        {"1T", 1099511627776},
                        {"", {}},
                        {"k", {}},
                        {"-1", {}},
                        {"1.5k", {}},
                        {"16kB", {}},
                        {"16 k", {}},
                        {"1e3", {}},
                        {"9223372036854775807", 9223372036854775807},
                        {"9223372036854775808", {}},
                        {"9007199254740992k", {}}}) {
    CAPTURE(c.text);
    CHECK(parse_size(c.text) == c.bytes);
  }
}

TEST_CASE("numbers in JSON are seconds of a duration and bytes of a size") {
  using nlohmann::json;
  CHECK(milliseconds_in(json(2)) == 2000);
  CHECK(milliseconds_in(json(0.25)) == 250);
  CHECK(milliseconds_in(json(1.001)) == 1001);
  CHECK_FALSE(milliseconds_in(json(0.0001)).has_value());
  CHECK_FALSE(milliseconds_in(json(-1)).has_value());
  CHECK_FALSE(milliseconds_in(json(-0.5)).has_value());
  CHECK_FALSE(milliseconds_in(json(1e300)).has_value());
  CHECK_FALSE(milliseconds_in(json(9223372036854775807)).has_value());
  CHECK_FALSE(milliseconds_in(json(true)).has_value());
  CHECK(bytes_in(json(4096)) == 4096);
  CHECK_FALSE(bytes_in(json(-1)).has_value());
  CHECK_FALSE(bytes_in(json(1.0)).has_value());
  CHECK_FALSE(bytes_in(json(nullptr)).has_value());
  CHECK(whole_number_in(json(-3)) == -3);
  CHECK_FALSE(whole_number_in(json(18446744073709551615ULL)).has_value());
}

TEST_CASE("a number is written in the largest unit that reads well, and read back as the same") {
  struct Case {
    std::int64_t number;
    const char* duration;
    const char* size;
  };
  for (const Case& c : {Case{0, "0s", "0"},
                        {1, "1ms", "1"},
                        {1000, "1s", "1000"},
                        {90'000, "90s", "90000"},
                        {60'000, "1m", "60000"},
                        {120'000, "2m", "120000"},
                        {3'600'000, "1h", "3600000"},
                        {86'400'000, "24h", "84375k"},
                        {65536, "65536ms", "64k"},
                        {16LL << 20, "16777216ms", "16M"},
                        {1LL << 40, "1099511627776ms", "1T"}}) {
    CAPTURE(c.number);
    CHECK(duration_text(c.number) == c.duration);
    CHECK(size_text(c.number) == c.size);
    CHECK(parse_duration(c.duration) == c.number);
    CHECK(parse_size(c.size) == c.number);
  }
}

}  // namespace ropeway::config
