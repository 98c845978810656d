#include "launcher/src/recycler.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <vector>

using namespace ropeway::launcher;
using ropeway::config::RecycleConfig;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("a worker is old for the reasons that are configured, and for no other") {
  const RecycleConfig none;
  CHECK_FALSE(reason_to_recycle(none, 1'000'000, 1ULL << 40U, std::chrono::hours(1000)));
  const RecycleConfig requests{100, 0, {}};
  CHECK_FALSE(reason_to_recycle(requests, 99, 1ULL << 40U, minutes(5)));
  CHECK(reason_to_recycle(requests, 100, 0, {}) == "100 requests");
  const RecycleConfig memory{0, 4096, {}};
  CHECK_FALSE(reason_to_recycle(memory, 1'000'000, 4095, minutes(5)));
  CHECK(reason_to_recycle(memory, 0, 8192, {}) == "8 KiB of memory");
  const RecycleConfig age{0, 0, minutes(1)};
  CHECK_FALSE(reason_to_recycle(age, 1'000'000, 1ULL << 40U, seconds(59)));
  CHECK(reason_to_recycle(age, 0, 0, seconds(61)) == "age of 61 s");
}

TEST_CASE("what a process has resident in memory grows with what it uses; of a process that is none it is nothing") {
  const std::uint64_t before = resident_memory(::getpid());
  CHECK(before > 0);
  const std::vector<char> used(64U << 20U, 'x');
  CHECK(resident_memory(::getpid()) >= before + (32U << 20U));
  CHECK(used.back() == 'x');
  CHECK(resident_memory(0) == 0);
}
