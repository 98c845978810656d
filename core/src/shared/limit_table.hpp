#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ropeway/clock.hpp>

#include "core/src/shared/key.hpp"
#include "core/src/shared/robust_mutex.hpp"

namespace ropeway::shared {

/// How often something may happen: one in each `interval` on average, and `burst` at once.
struct Pace {
  std::chrono::nanoseconds interval{};
  std::int64_t burst = 1;
};

/// What a token bucket has said.
struct Decision {
  bool allowed = true;
  std::int64_t remaining = 0;              // further ones that would be allowed now
  std::chrono::nanoseconds retry_after{};  // where it was refused: after so long it would not be
  std::chrono::nanoseconds full_in{};      // after so long there will be `burst` again
};

/// Token buckets by key, in memory that processes share; exact across all of them.
///
/// A bucket is one number (GCRA): the moment when it will be full again. One that is full says as much as one that is not there, so its place
/// is another's from then on; only such a place ever is. Where a key finds none, because too many others are at work, it shares one bucket with
/// all others of its rule that find none: neither does it lift the limit of a key that is here, nor is it without one.
///
/// A place belongs to a key from the moment when its number is stored, the last of three stores: an owner that dies before leaves a place
/// that is full. So there is nothing to repair.
class LimitTable {
 public:
  static constexpr std::size_t shard_count = 64;
  static constexpr std::size_t ways = 8;  // places of a set
  static constexpr std::size_t overflow_sets = 32;
  static constexpr std::size_t places_of_key = 4;
  struct Place {
    std::atomic<std::uint64_t> low, high;  // the key
    std::atomic<std::int64_t> full_at;     // nanoseconds of the steady clock
  };
  struct alignas(64) Set {
    std::array<Place, ways> places;
  };

  /// `keys`: how many can be at work at once with as good as no chance that one finds no place: there are four for each, in two sets where it may be.
  [[nodiscard]] static std::size_t bytes(std::size_t keys) noexcept {
    return (sets_of_shard(keys) * shard_count + overflow_sets) * sizeof(Set);
  }
  /// `place`: zeros at first, aligned to 64 bytes. `mutexes`: one for each shard, and one more.
  LimitTable(std::byte* place, std::size_t keys, std::span<RobustMutex> mutexes) noexcept;

  /// Takes `count` tokens out of the bucket of `key` if there are as many. `rule`: whose bucket it is where the key finds no place.
  /// Where the memory cannot be used just now, it is allowed. The clock is read once the place is this process's alone: so no other has been
  /// there at a later time.
  [[nodiscard]] Decision take(const Key& key, const Key& rule, const Pace& pace, std::int64_t count, const Clock& clock) noexcept;

 private:
  [[nodiscard]] static std::size_t sets_of_shard(std::size_t keys) noexcept;
  [[nodiscard]] static Place* find(std::span<Set* const> sets, const Key& key, std::int64_t now) noexcept;
  [[nodiscard]] static Decision take_from(Place& place, const Key& key, const Pace& pace, std::int64_t count, std::int64_t now) noexcept;

  std::size_t sets_of_shard_;
  std::span<Set> sets_;  // of each shard, and behind them those that are shared
  std::span<RobustMutex> mutexes_;
};

}  // namespace ropeway::shared
