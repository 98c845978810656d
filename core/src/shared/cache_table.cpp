#include "core/src/shared/cache_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ropeway::shared {
namespace {

constexpr std::size_t unit = 8;  // of places in a ring
constexpr std::size_t bytes_of_shard = std::size_t{4} << 20U;
constexpr std::size_t entries_to_expect = 256;  // bytes of an entry, on average: one chain for so many
constexpr int most_second_chances = 16;         // for one that is to be stored
constexpr std::size_t largest_part = 4;         // of a ring is the most for one entry

constexpr std::size_t whole(std::size_t bytes, std::size_t of) noexcept { return (bytes + of - 1) / of * of; }
constexpr std::size_t shard_count(std::size_t capacity) noexcept {
  return std::clamp<std::size_t>(capacity / bytes_of_shard, 1, CacheTable::most_shards);
}
constexpr std::size_t ring_size(std::size_t capacity) noexcept { return capacity / shard_count(capacity) / 64 * 64; }
constexpr std::size_t chain_count(std::size_t capacity) noexcept { return std::bit_ceil(ring_size(capacity) / entries_to_expect); }

}  // namespace

struct alignas(64) CacheTable::Head {
  std::atomic<std::uint32_t> changing;
  std::uint32_t write;  // where the next entry is to stand, in units
  std::uint32_t read;   // the oldest one
  std::uint32_t used;   // units
  std::atomic<std::uint64_t> hits, misses, evictions;
};

struct CacheTable::Entry {
  std::uint32_t units;  // of all of it
  std::uint32_t state;  // Of what stands there; one that is left over at the end of the ring may have no more than these two.
  std::uint32_t next;   // of the chain: its place and 1; 0: none
  std::uint32_t hash;
  std::int64_t until;
  std::uint32_t name_size;
  std::uint32_t value_size;

  static constexpr std::uint32_t empty = 0, fresh = 1, asked_for = 2;
  [[nodiscard]] char* text() noexcept { return reinterpret_cast<char*>(this) + sizeof(Entry); }
  [[nodiscard]] std::string_view name() noexcept { return {text(), name_size}; }
};

/// A shard whose mutex is held.
class CacheTable::Shard {
 public:
  Shard(std::byte* place, std::size_t chains, std::size_t ring_bytes) noexcept
      : head_(*reinterpret_cast<Head*>(place)),
        chains_(reinterpret_cast<std::uint32_t*>(place + sizeof(Head)), chains),
        ring_(place + sizeof(Head) + chains * sizeof(std::uint32_t)),
        units_(static_cast<std::uint32_t>(ring_bytes / unit)) {}

  [[nodiscard]] Head& head() noexcept { return head_; }

  /// Says for its scope that the shard is being changed.
  class Change {
   public:
    explicit Change(Head& head) noexcept : head_(head) { mark(1); }
    ~Change() { mark(0); }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    // Nothing is moved over it, neither by the compiler nor by the processor.
    void mark(std::uint32_t value) noexcept { head_.changing.exchange(value, std::memory_order_seq_cst); }
    Head& head_;
  };

  void repair_after_death() noexcept {
    if (head_.changing.load(std::memory_order_relaxed) == 0) return;
    std::ranges::fill(chains_, 0U);
    head_.write = head_.read = head_.used = 0;
    head_.changing.store(0, std::memory_order_release);
  }

  [[nodiscard]] Entry* find(std::uint32_t hash, std::string_view name) noexcept {
    for (std::uint32_t at = chain(hash); at != 0; at = entry(at - 1).next) {
      Entry& candidate = entry(at - 1);
      if (candidate.hash == hash && candidate.name() == name) return &candidate;
    }
    return nullptr;
  }

  // It keeps its room until that becomes the oldest.
  void remove(Entry& entry) noexcept {
    unlink(entry);
    entry.state = Entry::empty;
  }

  void add(std::uint32_t hash, std::string_view name, std::string_view value, std::int64_t until, std::int64_t now) noexcept {
    const auto units = static_cast<std::uint32_t>(whole(sizeof(Entry) + name.size() + value.size(), unit) / unit);
    make_room(units, now);
    Entry& added = entry(head_.write);
    added.units = units;
    added.state = Entry::fresh;
    added.hash = hash;
    added.until = until;
    added.name_size = static_cast<std::uint32_t>(name.size());
    added.value_size = static_cast<std::uint32_t>(value.size());
    std::memcpy(added.text(), name.data(), name.size());
    if (!value.empty()) std::memcpy(added.text() + name.size(), value.data(), value.size());
    append(added);
  }

 private:
  [[nodiscard]] Entry& entry(std::uint32_t at) noexcept { return *reinterpret_cast<Entry*>(ring_ + std::size_t{at} * unit); }
  [[nodiscard]] std::uint32_t place_of(const Entry& entry) const noexcept {
    return static_cast<std::uint32_t>((reinterpret_cast<const std::byte*>(&entry) - ring_) / static_cast<std::ptrdiff_t>(unit));
  }
  [[nodiscard]] std::uint32_t& chain(std::uint32_t hash) noexcept { return chains_[hash & (chains_.size() - 1)]; }

  // What stands at the young end belongs to the ring and to its chain from now on.
  void append(Entry& added) noexcept {
    added.next = chain(added.hash);
    chain(added.hash) = head_.write + 1;
    take(added.units);
  }

  void take(std::uint32_t units) noexcept {
    head_.used += units;
    head_.write += units;
    if (head_.write == units_) head_.write = 0;
  }

  void unlink(Entry& entry_to_go) noexcept {
    const std::uint32_t its = place_of(entry_to_go) + 1;
    for (std::uint32_t* at = &chain(entry_to_go.hash); *at != 0; at = &entry(*at - 1).next) {
      if (*at != its) continue;
      *at = entry_to_go.next;
      return;
    }
  }

  void make_room(std::uint32_t units, std::int64_t now) noexcept {
    for (int chances = most_second_chances;;) {
      if (head_.used == 0) {
        head_.write = head_.read = 0;
        return;
      }
      const bool is_behind = head_.write > head_.read;  // there is room up to the end, and from the beginning up to the oldest
      const std::uint32_t room = is_behind ? units_ - head_.write : head_.read - head_.write;
      if (units <= room) return;
      if (is_behind) {
        Entry& rest = entry(head_.write);
        rest.units = room;
        rest.state = Entry::empty;
        take(room);
      } else {
        give_up_oldest(chances, now);
      }
    }
  }

  void give_up_oldest(int& chances, std::int64_t now) noexcept {
    Entry& oldest = entry(head_.read);
    const std::uint32_t units = oldest.units;
    const bool is_good = oldest.state != Entry::empty && oldest.until > now;
    const bool stays = is_good && oldest.state == Entry::asked_for && chances > 0;
    if (oldest.state != Entry::empty) unlink(oldest);
    head_.used -= units;
    head_.read += units;
    if (head_.read == units_) head_.read = 0;
    if (stays) {
      --chances;
      if (head_.used == 0) head_.write = head_.read = 0;
      // There is room for it: what it has left, and what lay between.
      Entry& moved = entry(head_.write);
      std::memmove(static_cast<void*>(&moved), static_cast<const void*>(&oldest), std::size_t{units} * unit);
      moved.state = Entry::fresh;
      append(moved);
    } else if (is_good) {
      head_.evictions.fetch_add(1, std::memory_order_relaxed);
    }
  }

  Head& head_;
  std::span<std::uint32_t> chains_;
  std::byte* ring_;
  std::uint32_t units_;
};

std::size_t CacheTable::bytes(std::size_t capacity) noexcept {
  return shard_count(capacity) * (sizeof(Head) + whole(chain_count(capacity) * sizeof(std::uint32_t), 64) + ring_size(capacity));
}

CacheTable::CacheTable(std::byte* place, std::size_t capacity, std::span<RobustMutex> mutexes) noexcept
    : place_(place), shards_(shard_count(capacity)), ring_bytes_(ring_size(capacity)), chains_(chain_count(capacity)), mutexes_(mutexes) {}

CacheTable::Shard CacheTable::shard(std::size_t number) const noexcept {
  const std::size_t bytes = sizeof(Head) + whole(chains_ * sizeof(std::uint32_t), 64) + ring_bytes_;
  return {place_ + number * bytes, chains_, ring_bytes_};
}

CacheTable::Shard CacheTable::shard_of(const Key& key) const noexcept { return shard(key.high % shards_); }

std::size_t CacheTable::largest() const noexcept { return ring_bytes_ / largest_part - sizeof(Entry); }

bool CacheTable::get(const Key& key, std::string_view name, std::int64_t now, std::string& value) {
  const RobustLock lock(mutexes_[key.high % shards_]);
  if (!lock) return false;
  Shard shard = shard_of(key);
  if (lock.owner_died()) shard.repair_after_death();
  Entry* found = shard.find(static_cast<std::uint32_t>(key.low), name);
  if (found == nullptr || found->until <= now) {
    shard.head().misses.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  value.assign(found->text() + found->name_size, found->value_size);
  found->state = Entry::asked_for;
  shard.head().hits.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool CacheTable::set(const Key& key, std::string_view name, std::string_view value, std::int64_t until, std::int64_t now) noexcept {
  const RobustLock lock(mutexes_[key.high % shards_]);
  if (!lock) return false;
  Shard shard = shard_of(key);
  if (lock.owner_died()) shard.repair_after_death();
  const auto hash = static_cast<std::uint32_t>(key.low);
  const Shard::Change change(shard.head());
  if (Entry* earlier = shard.find(hash, name)) shard.remove(*earlier);
  if (name.size() > largest() || value.size() > largest() - name.size()) return false;
  shard.add(hash, name, value, until, now);
  return true;
}

bool CacheTable::erase(const Key& key, std::string_view name, std::int64_t now) noexcept {
  const RobustLock lock(mutexes_[key.high % shards_]);
  if (!lock) return false;
  Shard shard = shard_of(key);
  if (lock.owner_died()) shard.repair_after_death();
  Entry* found = shard.find(static_cast<std::uint32_t>(key.low), name);
  if (found == nullptr) return false;
  const bool was_good = found->until > now;
  const Shard::Change change(shard.head());
  shard.remove(*found);
  return was_good;
}

CacheTotals CacheTable::totals() const noexcept {
  CacheTotals totals;
  for (std::size_t number = 0; number < shards_; ++number) {
    const Head& head = shard(number).head();
    totals.hits += head.hits.load(std::memory_order_relaxed);
    totals.misses += head.misses.load(std::memory_order_relaxed);
    totals.evictions += head.evictions.load(std::memory_order_relaxed);
    totals.bytes += std::size_t{std::atomic_ref<std::uint32_t>(const_cast<Head&>(head).used).load(std::memory_order_relaxed)} * unit;
  }
  return totals;
}

}  // namespace ropeway::shared
