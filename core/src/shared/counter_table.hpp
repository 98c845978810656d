#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/src/shared/key.hpp"
#include "core/src/shared/robust_mutex.hpp"

namespace ropeway::shared {

/// Numbers by name, in memory that processes share. A name that is there stays; its number is one atomic word, which no death can leave half
/// changed. A name becomes visible by its last store, so neither can an addition that was cut short.
class CounterTable {
 public:
  static constexpr std::size_t longest_name = 60;
  struct Slot {
    std::atomic<std::uint32_t> size;  // of the name; 0: none, and the rest means nothing
    std::array<char, longest_name> name;
    alignas(64) std::atomic<std::int64_t> value;  // in a cache line of its own
  };

  [[nodiscard]] static std::size_t bytes(std::size_t slots) noexcept { return slots * sizeof(Slot); }
  /// `place`: zeros at first, aligned to 64 bytes.
  CounterTable(std::byte* place, std::size_t slots, RobustMutex& mutex, const Secret& secret) noexcept;

  /// The number of that name, which is 0 where it is new. nullptr where there is no room left, or the name is empty or too long.
  [[nodiscard]] std::atomic<std::int64_t>* find_or_add(std::string_view name) noexcept;
  [[nodiscard]] std::span<const Slot> slots() const noexcept { return slots_; }
  [[nodiscard]] static std::string_view name_of(const Slot& slot) noexcept {
    return {slot.name.data(), slot.size.load(std::memory_order_acquire)};
  }

 private:
  // The slot of that name, or the first free one where it would be; nullptr where all are others'.
  [[nodiscard]] Slot* look_for(std::string_view name, std::size_t from) noexcept;
  std::span<Slot> slots_;
  RobustMutex& mutex_;
  const Secret& secret_;
};

static_assert(sizeof(CounterTable::Slot) == 128 && std::atomic<std::int64_t>::is_always_lock_free,
              "a lock in shared memory would outlive the process that holds it");

}  // namespace ropeway::shared
