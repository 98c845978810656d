#include "core/src/shared/claim_table.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/src/shared/segment.hpp"
#include "tests/core/shared/single_steps.hpp"

namespace ropeway::shared::claim_table_test {
namespace {

constexpr pid_t one = 1001;
constexpr pid_t other = 1002;

struct Fixture {
  Segment segment{{.counters = 16, .rate_limits = 1024, .cache_bytes = std::size_t{1} << 20U, .bus_bytes = 65'536}};
  ClaimTable& claims = segment.claims();
  [[nodiscard]] Key key(const std::string& name) const { return key_of(segment.secret(), "compute", name); }
};

TEST_CASE("a claim has one owner, until that gives it back or is gone") {
  Fixture f;
  const auto first = f.claims.claim(f.key("a"), one);
  CHECK(first.outcome == ClaimTable::Outcome::claimed);
  CHECK(f.claims.is_claimed(f.key("a")));
  CHECK(f.claims.claim(f.key("a"), other).outcome == ClaimTable::Outcome::busy);
  CHECK(f.claims.claim(f.key("a"), one).outcome == ClaimTable::Outcome::busy);
  ClaimTable::give_back(first.claim->owner, other);  // is none of its business
  CHECK(f.claims.is_claimed(f.key("a")));
  ClaimTable::give_back(first.claim->owner, one);
  CHECK_FALSE(f.claims.is_claimed(f.key("a")));
  CHECK(f.claims.claim(f.key("a"), other).outcome == ClaimTable::Outcome::claimed);
  CHECK_FALSE(f.claims.give_back_all_of(one));
  CHECK(f.claims.give_back_all_of(other));
  CHECK_FALSE(f.claims.is_claimed(f.key("a")));
}

TEST_CASE("where there is no room for a claim, it is told, and nobody's is lost") {
  Fixture f;
  int claimed = 0;
  for (int i = 0; i < 10'000; ++i) claimed += f.claims.claim(f.key(std::to_string(i)), one).outcome == ClaimTable::Outcome::claimed ? 1 : 0;
  CHECK(claimed <= 512);
  CHECK(claimed > 400);
  CHECK(f.claims.give_back_all_of(one));
  CHECK(f.claims.claim(f.key("0"), other).outcome == ClaimTable::Outcome::claimed);
}

TEST_CASE("a lease is found by name, and has one owner") {
  Fixture f;
  ClaimTable::Lease* lease = f.claims.find_or_add("job");
  REQUIRE(lease != nullptr);
  CHECK(f.claims.find_or_add("job") == lease);
  CHECK(f.claims.find_or_add("another") != lease);
  CHECK(f.claims.find_or_add("") == nullptr);
  CHECK(f.claims.find_or_add(std::string(61, 'x')) == nullptr);
  CHECK(ClaimTable::take(*lease, one));
  CHECK(ClaimTable::take(*lease, one));
  CHECK_FALSE(ClaimTable::take(*lease, other));
  CHECK(f.claims.give_back_all_of(one));
  CHECK(ClaimTable::take(*lease, other));
  for (int i = 2; i < 64; ++i) CHECK(f.claims.find_or_add("lease " + std::to_string(i)) != nullptr);
  CHECK(f.claims.find_or_add("one too many") == nullptr);
}

TEST_CASE("a process that is killed between any two instructions of a claim leaves one that can be given back, or none") {
  Fixture f;
  for (int steps = 0;; steps = testing::later(steps, 7)) {
    pid_t child = 0;
    const bool ended = testing::killed_after(steps, [&] { (void)f.claims.claim(f.key("key"), ::getpid()); }, &child);
    f.claims.give_back_all_of(child);
    const auto next = f.claims.claim(f.key("key"), one);
    REQUIRE(next.outcome == ClaimTable::Outcome::claimed);
    ClaimTable::give_back(next.claim->owner, one);
    if (ended) break;
  }
}

}  // namespace
}  // namespace ropeway::shared::claim_table_test
