#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ropeway::observability {

/// How durations are put into buckets: those below 16 units of 1,024 ns have one each; above, every doubling is divided into eight. The
/// middle of a bucket is at most a sixteenth away from what is in it. The last bucket also has all that is longer than 4 minutes.
class LatencyBuckets {
 public:
  static constexpr std::size_t count = 208;
  [[nodiscard]] static std::size_t of(std::chrono::nanoseconds duration) noexcept {
    const std::int64_t units = duration.count() >> unit_shift;
    if (units < 16) return units > 0 ? static_cast<std::size_t>(units) : 0;
    const auto value = static_cast<std::uint64_t>(units);
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 4;
    const std::size_t bucket = shift * 8 + static_cast<std::size_t>(value >> shift);
    return bucket < count ? bucket : count - 1;
  }
  /// The middle of a bucket's durations.
  [[nodiscard]] static std::chrono::nanoseconds middle(std::size_t bucket) noexcept {
    const std::size_t shift = bucket < 16 ? 0 : bucket / 8 - 1;
    const std::uint64_t low = bucket < 16 ? bucket : static_cast<std::uint64_t>(8 + bucket % 8) << shift;
    return std::chrono::nanoseconds(((low << 1U) + (1ULL << shift)) << (unit_shift - 1));
  }

 private:
  static constexpr unsigned unit_shift = 10;
};

/// Durations of many requests, counted by bucket: what a reader adds up.
class LatencySum {
 public:
  void add(std::size_t bucket, std::uint64_t times) noexcept {
    buckets_[bucket] += times;
    count_ += times;
  }
  void add(const LatencySum& other) noexcept {
    for (std::size_t bucket = 0; bucket < LatencyBuckets::count; ++bucket) add(bucket, other.buckets_[bucket]);
  }
  /// What was counted since `earlier`; of a bucket that has fewer now, because its writer was replaced, all of it.
  [[nodiscard]] LatencySum since(const LatencySum& earlier) const noexcept {
    LatencySum result;
    for (std::size_t bucket = 0; bucket < LatencyBuckets::count; ++bucket) {
      const std::uint64_t before = earlier.buckets_[bucket];
      result.add(bucket, buckets_[bucket] >= before ? buckets_[bucket] - before : buckets_[bucket]);
    }
    return result;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t in(std::size_t bucket) const noexcept { return buckets_[bucket]; }
  /// The duration that `share` (0 to 1) of the requests did not exceed; 0 where there are none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const noexcept {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < LatencyBuckets::count; ++bucket) {
      seen += buckets_[bucket];
      if (buckets_[bucket] > 0 && (seen > rank || seen == count_)) return LatencyBuckets::middle(bucket);
    }
    return {};
  }

 private:
  std::array<std::uint64_t, LatencyBuckets::count> buckets_{};
  std::uint64_t count_ = 0;
};

/// What one thread has counted of one route, in shared memory that begins as zeros. One thread writes, any process reads.
struct RouteCounters {
  void record(std::chrono::nanoseconds duration, std::uint64_t times) noexcept {
    std::atomic<std::uint64_t>& bucket = buckets[LatencyBuckets::of(duration)];
    bucket.store(bucket.load(std::memory_order_relaxed) + times, std::memory_order_relaxed);
  }
  void add_to(LatencySum& sum) const noexcept {
    for (std::size_t bucket = 0; bucket < LatencyBuckets::count; ++bucket) {
      sum.add(bucket, buckets[bucket].load(std::memory_order_relaxed));
    }
  }
  std::array<std::atomic<std::uint64_t>, LatencyBuckets::count> buckets;
};

}  // namespace ropeway::observability
