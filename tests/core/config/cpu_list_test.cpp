#include "core/src/config/cpu_list.hpp"

#include <doctest/doctest.h>

namespace ropeway::config {

TEST_CASE("CPUs are listed as the kernel lists them") {
  struct Case {
    const char* text;
    CpuList cpus;
    const char* again;
  };
  for (const Case& c : {Case{"0", {0}, "0"},
                        {"65535", {65535}, "65535"},
                        {"0-3", {0, 1, 2, 3}, "0-3"},
                        {"5,2-3,2", {2, 3, 5}, "2-3,5"},
                        {"7-7", {7}, "7"},
                        {"0-1,1-2,4,6-7", {0, 1, 2, 4, 6, 7}, "0-2,4,6-7"}}) {
    CAPTURE(c.text);
    const auto parsed = parse_cpu_list(c.text);
    REQUIRE(std::holds_alternative<CpuList>(parsed));
    CHECK(std::get<CpuList>(parsed) == c.cpus);
    CHECK(text_of(c.cpus) == c.again);
  }
}

TEST_CASE("what is no list of CPUs says why") {
  for (const char* text : {"", ",", "0,", "-1", "1-", "a", "0 1", "0-3x", "65536", "99999999999", "0--1", "auto"}) {
    CAPTURE(text);
    const auto parsed = parse_cpu_list(text);
    REQUIRE(std::holds_alternative<std::string>(parsed));
    CHECK(std::get<std::string>(parsed).find("expected numbers of CPUs") != std::string::npos);
  }
  CHECK(std::get<std::string>(parse_cpu_list("1,3-2")) == "found \"1,3-2\", where \"3-2\" goes backwards");
  CHECK(std::get<std::string>(parse_cpu_list("0-65535,0-65535,0-65535")).find("again and again") != std::string::npos);
}

}  // namespace ropeway::config
