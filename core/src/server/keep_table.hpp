#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/src/server/hand_over.hpp"

namespace ropeway::server {

/// What a connection that a keeper holds, too, is about. Written by its worker, read by the keeper when that worker has died.
enum class KeptState : std::uint32_t {
  none,  ///< there is no such connection
  busy,  ///< bytes of a request may have been read, or an answer not be sent
  idle,  ///< between two requests: everything that was read is answered
};

/// One connection, a cache line of its own.
struct alignas(64) KeptSlot {
  std::atomic<KeptState> state{KeptState::none};
  std::atomic<std::uint32_t> serial{0};    // counts the connections that have had the slot; what the keeper has of an earlier one is void
  std::atomic<pid_t> owner{0};             // its worker; 0: it is on its way to one
  std::atomic<std::uint64_t> requests{0};  // begun on it so far
};

/// Shared memory with a slot for each connection that is kept, for all workers of a launcher. A worker takes slots in blocks, which are
/// its own until it has died, and no connection is left in them. Pages are used as slots are.
class KeepTable {
 public:
  static constexpr std::size_t block_size = 64;

  /// Room for `connections`, rounded up to whole blocks. Throws `std::system_error` where the memory cannot be had.
  explicit KeepTable(std::size_t connections);
  ~KeepTable();
  KeepTable(const KeepTable&) = delete;
  KeepTable& operator=(const KeepTable&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  [[nodiscard]] KeptSlot& operator[](std::size_t index) noexcept { return slots_[index]; }
  /// Which keeper of which launcher.
  [[nodiscard]] std::uint64_t keeper() const noexcept { return std::uint64_t{launcher_} << 32U | epoch(); }
  /// Makes a free block that of process `owner`; its number, or nothing where all are taken.
  [[nodiscard]] std::optional<std::size_t> take_block(pid_t owner) noexcept;
  [[nodiscard]] pid_t block_owner_of(std::size_t index) const noexcept {
    return owners_[index / block_size].load(std::memory_order_relaxed);
  }
  /// Gives the blocks of a process that has ended back, and those of earlier ones, but for those in which connections live on.
  void free_blocks_of(pid_t owner) noexcept;
  /// Counts the keepers that there have been: what an earlier one held is not held by this one.
  [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_->load(std::memory_order_relaxed); }
  void next_epoch() noexcept { epoch_->fetch_add(1, std::memory_order_relaxed); }

 private:
  std::uint32_t launcher_;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::atomic<std::uint32_t>* epoch_ = nullptr;
  std::span<std::atomic<pid_t>> owners_;  // 0: nobody; orphan: one that has died
  std::span<KeptSlot> slots_;
};

/// A worker's access to the keeper. Thread-safe.
class Keep {
 public:
  /// `channel`: to the keeper, a unix socket of whole messages. `table` outlives it.
  Keep(KeepTable& table, int channel);

  struct Place {
    KeptSlot* slot = nullptr;  // nullptr: not kept
    std::uint32_t index = 0;
    std::uint32_t epoch = 0;
    std::uint32_t serial = 0;
  };
  /// What the message to the keeper says beside the descriptor, and back.
  [[nodiscard]] static constexpr std::uint64_t number_of(std::uint32_t index, std::uint32_t serial) noexcept {
    return std::uint64_t{serial} << 32U | index;
  }
  /// Gives the keeper a duplicate of a connection, which is idle. Without a slot where there is no room, or its channel is full for now.
  /// Of `connection`, slot and keeper are filled in.
  [[nodiscard]] Place keep(HandedConnection connection) noexcept;
  /// The place of a connection that another worker, or the keeper, has handed over, and that is this worker's from now on; without a slot
  /// where the keeper does not have it.
  [[nodiscard]] Place adopt(const HandedConnection& connection) noexcept;
  /// Fills in what the next worker has to know of a connection that is about to be given to it.
  void let_go(const Place& place, HandedConnection& connection) noexcept;
  /// It stays here after all.
  void take_back(const Place& place) noexcept;
  /// The connection has ended; its slot may be another's.
  void forget(const Place& place) noexcept;
  /// Whether there was no slot left when one was last wanted, and none has become free since.
  [[nodiscard]] bool is_full() const noexcept { return full_.load(std::memory_order_relaxed); }
  /// Whether a keeper of an earlier time has it, and the present one does not.
  [[nodiscard]] bool is_stale(const Place& place) const noexcept { return place.epoch != table_.epoch(); }

 private:
  KeepTable& table_;
  int channel_;
  std::atomic<bool> full_{false};
  std::mutex mutex_;
  std::vector<std::uint32_t> free_;  // guarded by `mutex_`
};

}  // namespace ropeway::server
