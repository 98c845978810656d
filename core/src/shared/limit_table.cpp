#include "core/src/shared/limit_table.hpp"

#include <algorithm>
#include <bit>

namespace ropeway::shared {
namespace {

std::int64_t nanoseconds_of(const Clock& clock) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock.steady_now().time_since_epoch()).count();
}

}  // namespace

std::size_t LimitTable::sets_of_shard(std::size_t keys) noexcept {
  return std::bit_ceil(std::max<std::size_t>(2, (places_of_key * keys + ways * shard_count - 1) / (ways * shard_count)));
}

LimitTable::LimitTable(std::byte* place, std::size_t keys, std::span<RobustMutex> mutexes) noexcept
    : sets_of_shard_(sets_of_shard(keys)),
      sets_(reinterpret_cast<Set*>(place), sets_of_shard_ * shard_count + overflow_sets),
      mutexes_(mutexes) {}

// The key's place, or one that is nobody's.
LimitTable::Place* LimitTable::find(std::span<Set* const> sets, const Key& key, std::int64_t now) noexcept {
  Place* free = nullptr;
  for (Set* set : sets) {
    for (Place& place : set->places) {
      const bool is_full = place.full_at.load(std::memory_order_relaxed) <= now;
      if (place.low.load(std::memory_order_relaxed) == key.low && place.high.load(std::memory_order_relaxed) == key.high) return &place;
      if (is_full && free == nullptr) free = &place;
    }
  }
  return free;
}

Decision LimitTable::take_from(Place& place, const Key& key, const Pace& pace, std::int64_t count, std::int64_t now) noexcept {
  const std::int64_t interval = pace.interval.count();
  const std::int64_t capacity = interval * pace.burst;
  const bool is_its = place.low.load(std::memory_order_relaxed) == key.low && place.high.load(std::memory_order_relaxed) == key.high;
  // What lies further ahead than a bucket can hold is of a rule that was another one then.
  const std::int64_t before = is_its ? std::clamp(place.full_at.load(std::memory_order_relaxed), now, now + capacity) : now;
  Decision decision;
  const std::int64_t after = before + interval * std::clamp<std::int64_t>(count, 0, pace.burst + 1);
  decision.allowed = after - now <= capacity;
  const std::int64_t full_at = decision.allowed ? after : before;
  decision.remaining = (capacity - (full_at - now)) / interval;
  decision.full_in = std::chrono::nanoseconds(full_at - now);
  if (!decision.allowed) {
    decision.retry_after = std::chrono::nanoseconds(after - now - capacity);
    return decision;
  }
  if (!is_its) {
    place.low.store(key.low, std::memory_order_release);
    place.high.store(key.high, std::memory_order_release);
  }
  place.full_at.store(full_at, std::memory_order_release);
  return decision;
}

Decision LimitTable::take(const Key& key, const Key& rule, const Pace& pace, std::int64_t count, const Clock& clock) noexcept {
  std::int64_t now = 0;
  {
    const std::size_t shard = key.high % shard_count;
    const RobustLock lock(mutexes_[shard]);
    if (!lock) return {};
    now = nanoseconds_of(clock);
    Set* first = &sets_[shard * sets_of_shard_];
    const std::size_t one = key.low % sets_of_shard_;
    const std::size_t other = (one + 1 + (key.low >> 32U) % (sets_of_shard_ - 1)) % sets_of_shard_;
    const std::array<Set*, 2> sets{first + one, first + other};
    if (Place* place = find(sets, key, now)) return take_from(*place, key, pace, count, now);
  }
  const RobustLock lock(mutexes_[shard_count]);
  if (!lock) return {};
  now = nanoseconds_of(clock);
  const std::array<Set*, 1> sets{&sets_[sets_of_shard_ * shard_count + rule.low % overflow_sets]};
  if (Place* place = find(sets, rule, now)) return take_from(*place, rule, pace, count, now);
  Decision refused;
  refused.allowed = false;
  refused.retry_after = refused.full_in = pace.interval * pace.burst;
  return refused;
}

}  // namespace ropeway::shared
