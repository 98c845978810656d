#include "launcher/src/symbols.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

namespace {

using ropeway::launcher::describe_address;

// Nobody outside of this file sees it.
[[gnu::noinline]] int local_function(int value) { return value * 3 + 1; }

std::uint64_t address_of(int (*function)(int)) { return reinterpret_cast<std::uint64_t>(function); }

TEST_CASE("an address in a function of the program has the function's name, also of one that only its file sees") {
  REQUIRE(local_function(2) == 7);
  const std::string text = describe_address(address_of(local_function) + 1);
  CHECK(text.find("local_function(int)+0x1 (ropeway_tests+0x") != std::string::npos);
  CHECK(text.ends_with(")"));
}

TEST_CASE("an address in a library has at least the library's name") {
  const std::string text = describe_address(reinterpret_cast<std::uint64_t>(&::getenv));
  CHECK(text.find("libc.so") != std::string::npos);
}

TEST_CASE("an address where nothing is mapped is only a number") {
  CHECK(describe_address(0) == "0x0");
  CHECK(describe_address(0x10) == "0x10");
}

}  // namespace
