#include "launcher/src/canary.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using ropeway::launcher::is_slower;
using ropeway::launcher::is_worse;
using ropeway::launcher::Tally;
using ropeway::observability::LatencyBuckets;

TEST_CASE("a canary is worse where far more of its answers are errors") {
  struct Case {
    const char* what;
    Tally canary, others;
    bool worse, worse_at_the_end;
  };
  for (const Case& test : {
           Case{"no answers", {0, 0}, {1000, 0}, false, false},
           Case{"no errors", {100, 0}, {1000, 0}, false, false},
           Case{"every answer", {3, 3}, {1000, 0}, true, true},
           Case{"two of two wait for more", {2, 2}, {1000, 0}, false, true},
           Case{"one of ten is chance", {10, 1}, {1000, 0}, false, false},
           Case{"three of ten", {10, 3}, {1000, 0}, true, true},
           Case{"three of a thousand are few", {1000, 3}, {1000, 0}, false, false},
           Case{"as bad as the others", {100, 30}, {1000, 300}, false, false},
           Case{"all are errors everywhere", {100, 100}, {1000, 1000}, false, false},
           Case{"more than twice the others' share", {100, 30}, {1000, 100}, true, true},
           Case{"errors of requests that have not ended yet", {0, 3}, {1000, 0}, false, false},
           Case{"the others have answered nothing", {10, 5}, {0, 0}, true, true},
       }) {
    CAPTURE(test.what);
    CHECK(is_worse(test.canary, test.others, false) == test.worse);
    CHECK(is_worse(test.canary, test.others, true) == test.worse_at_the_end);
  }
}

namespace {

// `count` answers of which two in a hundred took `slow`, and the others `usual`.
Tally answered(std::uint64_t count, std::chrono::milliseconds usual, std::chrono::milliseconds slow) {
  Tally tally{count, 0};
  tally.latency.add(LatencyBuckets::of(usual), count - count / 50);
  tally.latency.add(LatencyBuckets::of(slow), count / 50);
  return tally;
}

}  // namespace

TEST_CASE("a canary is slower where its slowest answers take far longer") {
  using ms = std::chrono::milliseconds;
  const Tally others = answered(1000, ms(1), ms(20));
  CHECK_FALSE(is_slower(answered(200, ms(1), ms(20)), others, 3));
  CHECK_FALSE(is_slower(answered(200, ms(19), ms(50)), others, 3));
  CHECK(is_slower(answered(200, ms(1), ms(80)), others, 3));
  CHECK_FALSE(is_slower(answered(200, ms(1), ms(80)), others, 5));
  CHECK_FALSE(is_slower(answered(200, ms(1), ms(80)), others, 0));
  CHECK_FALSE(is_slower(answered(99, ms(80), ms(80)), others, 3));
  CHECK_FALSE(is_slower(others, answered(99, ms(1), ms(1)), 3));
  CHECK_FALSE(is_slower(answered(200, ms(10), ms(15)), answered(1000, ms(1), ms(1)), 3));  // not 20 ms more
}

TEST_CASE("what was answered since a moment is the difference, and all of it where a worker was replaced meanwhile") {
  using ms = std::chrono::milliseconds;
  Tally before = answered(100, ms(1), ms(1));
  before.server_errors = 7;
  Tally now = answered(300, ms(1), ms(1));
  now.server_errors = 9;
  const Tally between = now.since(before);
  CHECK(between.requests == 200);
  CHECK(between.server_errors == 2);
  CHECK(between.latency.count() == 200);
  CHECK(before.since(now).latency.count() == 100);
}
