#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/src/shared/key.hpp"
#include "core/src/shared/robust_mutex.hpp"

namespace ropeway::shared {

/// What became of lookups, since the memory was made.
struct CacheTotals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  // of entries that were still good
  std::uint64_t bytes = 0;      // used now
};

/// Values by key with an end of their time, in memory that processes share.
///
/// Shards, each with a mutex. In each, entries stand one behind another in a ring of bytes, the oldest first, and hash chains lead to them. Room is
/// made at the oldest end; an entry there that was asked for since it was written goes to the young end instead, once (CLOCK). So there are
/// no holes, and nothing to compact. A shard that is being changed says so; where its owner dies then, the next one empties it: a cache may
/// forget. To read changes nothing that a death could spoil.
class CacheTable {
 public:
  static constexpr std::size_t most_shards = 64;

  [[nodiscard]] static std::size_t bytes(std::size_t capacity) noexcept;
  /// `place`: zeros at first, aligned to 64 bytes. `capacity`: of keys, values and 32 bytes for each entry, at least 1 MiB. `mutexes`: `most_shards`.
  CacheTable(std::byte* place, std::size_t capacity, std::span<RobustMutex> mutexes) noexcept;

  /// The value, appended to nothing: `value` is it then. False where there is none, or its time is over.
  [[nodiscard]] bool get(const Key& key, std::string_view name, std::int64_t now, std::string& value);
  /// Keeps the value, in the place of an earlier one. `until`: in the nanoseconds of `now`. False where it is larger than `largest`, and where
  /// the memory cannot be used just now; there is no earlier one any more then, or that is as it was.
  bool set(const Key& key, std::string_view name, std::string_view value, std::int64_t until, std::int64_t now) noexcept;
  /// Whether there was one.
  bool erase(const Key& key, std::string_view name, std::int64_t now) noexcept;

  /// What a key and its value may have together.
  [[nodiscard]] std::size_t largest() const noexcept;
  [[nodiscard]] CacheTotals totals() const noexcept;

 private:
  struct Head;
  struct Entry;
  class Shard;
  [[nodiscard]] Shard shard_of(const Key& key) const noexcept;
  [[nodiscard]] Shard shard(std::size_t number) const noexcept;

  std::byte* place_;
  std::size_t shards_;
  std::size_t ring_bytes_;  // of each shard
  std::size_t chains_;
  std::span<RobustMutex> mutexes_;
};

}  // namespace ropeway::shared
