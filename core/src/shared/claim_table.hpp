#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/src/shared/key.hpp"
#include "core/src/shared/robust_mutex.hpp"

namespace ropeway::shared {

/// Who is at work on what, in memory that processes share. A claim has one owner, a process, until that gives it back; of one that has died,
/// whoever has waited for its end (the launcher) does. So a claim never has two owners, and none that is gone for long.
///
/// There are two kinds: short ones by key, whose place is another's afterwards; and leases by name, which stay, with a moment that belongs to them.
class ClaimTable {
 public:
  static constexpr std::size_t set_count = 64;
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t lease_count = 64;
  static constexpr std::size_t longest_name = 60;

  struct Claim {
    std::atomic<std::uint64_t> low, high;
    std::atomic<pid_t> owner;  // 0: nobody, and the key means nothing
  };
  struct Lease {
    std::atomic<std::uint32_t> size;  // of the name; 0: there is none
    std::array<char, longest_name> name;
    std::atomic<pid_t> owner;
    std::atomic<std::int64_t> due;  // nanoseconds of the steady clock; 0: not known yet
  };

  [[nodiscard]] static std::size_t bytes() noexcept { return set_count * ways * sizeof(Claim) + lease_count * sizeof(Lease); }
  /// `place`: zeros at first, aligned to 64 bytes.
  ClaimTable(std::byte* place, RobustMutex& mutex) noexcept;

  enum class Outcome : std::uint8_t { claimed, busy, no_room };
  struct Result {
    Outcome outcome = Outcome::no_room;
    Claim* claim = nullptr;  // where it was claimed: to be given back
  };
  /// `busy`: another has it.
  [[nodiscard]] Result claim(const Key& key, pid_t owner) noexcept;
  [[nodiscard]] bool is_claimed(const Key& key) const noexcept;
  /// Nothing happens where it is not `owner`'s (any more).
  static void give_back(std::atomic<pid_t>& its, pid_t owner) noexcept { its.compare_exchange_strong(owner, 0, std::memory_order_acq_rel); }

  /// The lease of that name, which stays; nullptr where there is no room, or the name is empty or too long.
  [[nodiscard]] Lease* find_or_add(std::string_view name) noexcept;
  /// Says whether it is `owner`'s now.
  [[nodiscard]] static bool take(Lease& lease, pid_t owner) noexcept {
    pid_t nobody = 0;
    return lease.owner.compare_exchange_strong(nobody, owner, std::memory_order_acq_rel) || nobody == owner;
  }

  /// Gives back everything that a process has. It has ended, or is this one. Says whether there was anything.
  bool give_back_all_of(pid_t owner) noexcept;

 private:
  std::span<Claim> claims_;
  std::span<Lease> leases_;
  RobustMutex& mutex_;
};

static_assert(std::atomic<pid_t>::is_always_lock_free, "a lock in shared memory would outlive the process that holds it");

}  // namespace ropeway::shared
