#include "core/src/observability/latency.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>

using ropeway::observability::LatencyBuckets;
using ropeway::observability::LatencySum;
using ropeway::observability::RouteCounters;
using std::chrono::nanoseconds;

TEST_CASE("the middle of a duration's bucket is at most a sixteenth away from it, from 16 microseconds to 4 minutes") {
  std::size_t last = 0;
  for (std::int64_t duration = 1; duration < 240'000'000'000; duration += duration / 50 + 1) {
    const std::size_t bucket = LatencyBuckets::of(nanoseconds(duration));
    CHECK(bucket >= last);
    CHECK(bucket <= last + 1);
    last = bucket;
    const std::int64_t off = std::llabs(LatencyBuckets::middle(bucket).count() - duration);
    CHECK(off <= (duration < 16'384 ? 512 : duration / 16 + 1));
  }
  CHECK(last >= LatencyBuckets::count - 4);
}

TEST_CASE("durations beyond both ends have buckets, too") {
  CHECK(LatencyBuckets::of(nanoseconds(-5)) == 0);
  CHECK(LatencyBuckets::of(nanoseconds(0)) == 0);
  CHECK(LatencyBuckets::of(std::chrono::hours(1000)) == LatencyBuckets::count - 1);
  CHECK(LatencyBuckets::of(nanoseconds::max()) == LatencyBuckets::count - 1);
}

TEST_CASE("quantiles are those of what was counted") {
  const auto counters = std::make_unique<RouteCounters>();
  counters->record(std::chrono::milliseconds(1), 980);
  counters->record(std::chrono::milliseconds(100), 20);
  LatencySum sum;
  CHECK(sum.quantile(0.5).count() == 0);
  counters->add_to(sum);
  CHECK(sum.count() == 1000);
  CHECK(sum.quantile(0.5).count() == doctest::Approx(1e6).epsilon(0.0625));
  CHECK(sum.quantile(0.97).count() == doctest::Approx(1e6).epsilon(0.0625));
  CHECK(sum.quantile(0.99).count() == doctest::Approx(100e6).epsilon(0.0625));
  CHECK(sum.quantile(1).count() == doctest::Approx(100e6).epsilon(0.0625));
}
