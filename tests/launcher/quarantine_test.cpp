#include "launcher/src/quarantine.hpp"

#include <doctest/doctest.h>

namespace quarantine_test {
namespace {

using namespace ropeway::launcher;
using namespace std::chrono_literals;

const Quarantine::Time begin{1h};
constexpr ropeway::config::QuarantineConfig policy{3, 60s, 30s};

TEST_CASE("the third crash within the window closes a route, and its time opens it again") {
  Quarantine quarantine(policy, 2);
  CHECK_FALSE(quarantine.crashed(1, begin));
  CHECK_FALSE(quarantine.crashed(0, begin + 1s));  // another route's
  CHECK_FALSE(quarantine.crashed(1, begin + 30s));
  CHECK(quarantine.crashed(1, begin + 60s));
  CHECK_FALSE(quarantine.crashed(1, begin + 61s));  // one that was under way
  CHECK_FALSE(quarantine.released(begin + 89s));
  CHECK(quarantine.released(begin + 90s) == 1U);
  CHECK_FALSE(quarantine.released(begin + 90s));
  CHECK_FALSE(quarantine.crashed(1, begin + 91s));  // it begins anew
  CHECK_FALSE(quarantine.crashed(1, begin + 92s));
  CHECK(quarantine.crashed(1, begin + 93s));
}

TEST_CASE("crashes far apart close nothing") {
  Quarantine quarantine(policy, 1);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(quarantine.crashed(0, begin + i * 31s));
}

TEST_CASE("crashes of no route, and any where it is switched off, close nothing") {
  Quarantine quarantine(policy, 1);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(quarantine.crashed(UINT32_MAX, begin));
  Quarantine off({0, 60s, 30s}, 1);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(off.crashed(0, begin));
  Quarantine strict({1, 60s, 30s}, 1);
  CHECK(strict.crashed(0, begin));
}

}  // namespace

}  // namespace quarantine_test
