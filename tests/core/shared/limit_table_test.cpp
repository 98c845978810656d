#include "core/src/shared/limit_table.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include <ropeway/testing/fake_clock.hpp>

#include "core/src/shared/segment.hpp"
#include "tests/core/shared/single_steps.hpp"

namespace ropeway::shared::limit_table_test {
namespace {

using namespace std::chrono_literals;
using testing::FakeClock;

struct Fixture {
  Segment segment{{.counters = 16, .rate_limits = 1024}};
  FakeClock clock;
  Key rule = key_of(segment.secret(), "rule", "test");

  [[nodiscard]] Key key(const std::string& name) const { return key_of(segment.secret(), "limit", name); }
  Decision take(const std::string& name, const Pace& pace, std::int64_t count = 1) {
    return segment.limits().take(key(name), rule, pace, count, clock);
  }
  // How many are allowed one after another, now.
  int allowed(const std::string& name, const Pace& pace, int most = 1000) {
    int count = 0;
    while (count < most && take(name, pace).allowed) ++count;
    return count;
  }
};

TEST_CASE("a bucket allows its burst, then one for each interval, and holds no more than the burst") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{100ms, 5};
  CHECK(f.allowed("a", pace) == 5);
  f.clock.advance(99'999'999ns);
  CHECK_FALSE(f.take("a", pace).allowed);
  f.clock.advance(1ns);
  CHECK(f.allowed("a", pace) == 1);
  f.clock.advance(250ms);
  CHECK(f.allowed("a", pace) == 2);
  f.clock.advance(1h);
  CHECK(f.allowed("a", pace) == 5);
  CHECK(f.allowed("b", pace) == 5);
}

TEST_CASE("a decision tells what is left, when to come again, and when the bucket is full") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1s, 3};
  Decision decision = f.take("a", pace);
  CHECK(decision.remaining == 2);
  CHECK(decision.full_in == 1s);
  f.clock.advance(500ms);
  decision = f.take("a", pace);
  CHECK(decision.remaining == 1);
  CHECK(decision.full_in == 1500ms);
  CHECK(f.take("a", pace).allowed);
  decision = f.take("a", pace);
  CHECK_FALSE(decision.allowed);
  CHECK(decision.remaining == 0);
  CHECK(decision.retry_after == 500ms);
  f.clock.advance(500ms);
  CHECK(f.take("a", pace).allowed);
}

TEST_CASE("several tokens are taken at once or not at all; more than a bucket holds are never there") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1s, 10};
  CHECK(f.take("a", pace, 7).allowed);
  CHECK_FALSE(f.take("a", pace, 4).allowed);
  CHECK(f.take("a", pace, 3).allowed);
  CHECK_FALSE(f.take("b", pace, 11).allowed);
  CHECK_FALSE(f.take("b", pace, INT64_MAX).allowed);
  CHECK(f.take("b", pace, 10).allowed);
  CHECK(f.take("c", pace, -5).remaining == 10);
}

TEST_CASE("as many keys as there is room for have buckets of their own") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1s, 2};
  for (int i = 0; i < 1024; ++i) CHECK(f.allowed(std::to_string(i), pace) == 2);
  for (int i = 0; i < 1024; ++i) CHECK_FALSE(f.take(std::to_string(i), pace).allowed);
}

TEST_CASE("an attacker with any number of addresses lifts nobody's limit, and gets one bucket for those beyond the room") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1h, 2};
  CHECK(f.allowed("victim", pace) == 2);
  int allowed = 0;
  for (int i = 0; i < 100'000; ++i) allowed += f.take("attacker " + std::to_string(i), pace).allowed ? 1 : 0;
  CHECK(allowed <= 64 * 8 * 8 + 2);  // the places that there are, and one bucket more
  CHECK_FALSE(f.take("victim", pace).allowed);
  CHECK_FALSE(f.take("one more", pace).allowed);
  // Another rule has a bucket of its own for those that find no place.
  CHECK(f.segment.limits().take(f.key("of another"), key_of(f.segment.secret(), "rule", "other"), pace, 1, f.clock).allowed);
  f.clock.advance(2h);  // all are full again
  CHECK(f.allowed("victim", pace) == 2);
  CHECK(f.allowed("one more", pace) == 2);
}

TEST_CASE("of many processes, no more are allowed together than of one") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1s, 10'000};
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto* allowed = f.segment.counters().find_or_add("allowed");
      for (int i = 0; i < 5000; ++i) {
        if (f.take("key", pace).allowed) allowed->fetch_add(1);
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  CHECK(f.segment.counters().find_or_add("allowed")->load() == 10'000);
}

TEST_CASE("a process that is killed between any two instructions leaves a bucket that is as it was, or one less") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1h, 100};
  std::int64_t left = f.take("key", pace).remaining;
  int deaths = 0;
  for (int steps = 0;; steps = testing::later(steps, 11)) {
    const bool ended = testing::killed_after(steps, [&] { (void)f.take("key", pace); });
    const std::int64_t now = f.take("key", pace, 0).remaining;
    REQUIRE((now == left || now == left - 1));
    if (now < 10) f.clock.advance(1000h);
    left = f.take("key", pace, 0).remaining;
    if (ended) break;
    ++deaths;
  }
  CHECK(deaths > 5);
}

TEST_CASE("a process that is killed while it takes a place leaves one that is full") {
  Fixture f;
  f.clock.advance(1h);
  const Pace pace{1h, 5};
  for (int steps = 0;; steps = testing::later(steps, 17)) {
    const std::string name = "key " + std::to_string(steps);
    const bool ended = testing::killed_after(steps, [&] { (void)f.take(name, pace); });
    const int allowed = f.allowed(name, pace);
    REQUIRE((allowed == 5 || allowed == 4));
    if (ended) break;
  }
}

}  // namespace
}  // namespace ropeway::shared::limit_table_test
