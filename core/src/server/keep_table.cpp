#include "core/src/server/keep_table.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace ropeway::server {

static_assert(std::atomic<KeptState>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free,
              "a lock in shared memory would outlive the process that holds it");

namespace {

constexpr pid_t orphan = -1;

}  // namespace

// A fresh mapping is all zeros, which is what every member begins with; to construct them would touch every page.
KeepTable::KeepTable(std::size_t connections) : launcher_(static_cast<std::uint32_t>(::getpid())) {
  const std::size_t blocks = (connections + block_size - 1) / block_size;
  const std::size_t head =
      (sizeof(KeptSlot) + blocks * sizeof(std::atomic<pid_t>) + sizeof(KeptSlot) - 1) / sizeof(KeptSlot) * sizeof(KeptSlot);
  bytes_ = head + blocks * block_size * sizeof(KeptSlot);
  memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map the table of the keeper");
  auto* place = static_cast<std::byte*>(memory_);
  epoch_ = std::launder(reinterpret_cast<std::atomic<std::uint32_t>*>(place));
  owners_ = {std::launder(reinterpret_cast<std::atomic<pid_t>*>(place + sizeof(KeptSlot))), blocks};
  slots_ = {std::launder(reinterpret_cast<KeptSlot*>(place + head)), blocks * block_size};
}

KeepTable::~KeepTable() { ::munmap(memory_, bytes_); }

std::optional<std::size_t> KeepTable::take_block(pid_t owner) noexcept {
  for (std::size_t block = 0; block < owners_.size(); ++block) {
    pid_t nobody = 0;
    if (owners_[block].load(std::memory_order_relaxed) == 0 && owners_[block].compare_exchange_strong(nobody, owner)) return block;
  }
  return std::nullopt;
}

void KeepTable::free_blocks_of(pid_t owner) noexcept {
  for (std::size_t block = 0; block < owners_.size(); ++block) {
    const pid_t its = owners_[block].load(std::memory_order_relaxed);
    if (its != owner && its != orphan) continue;
    const auto slots = slots_.subspan(block * block_size, block_size);
    const bool empty = std::ranges::all_of(slots, [](const KeptSlot& slot) { return slot.state.load() == KeptState::none; });
    owners_[block].store(empty ? 0 : orphan, std::memory_order_release);
  }
}

Keep::Keep(KeepTable& table, int channel) : table_(table), channel_(channel) {}

Keep::Place Keep::keep(HandedConnection connection) noexcept {
  Place place;
  place.epoch = table_.epoch();
  {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      const auto block = table_.take_block(::getpid());
      if (!block) {
        full_.store(true, std::memory_order_relaxed);
        return place;
      }
      try {
        for (std::size_t i = KeepTable::block_size; i > 0; --i)
          free_.push_back(static_cast<std::uint32_t>(*block * KeepTable::block_size + i - 1));
      } catch (const std::bad_alloc&) { return place; }
    }
    place.index = free_.back();
    free_.pop_back();
  }
  KeptSlot& slot = table_[place.index];
  place.serial = slot.serial.fetch_add(1, std::memory_order_relaxed) + 1;
  slot.owner.store(::getpid(), std::memory_order_relaxed);
  slot.requests.store(connection.requests, std::memory_order_relaxed);
  slot.state.store(KeptState::idle, std::memory_order_release);
  place.slot = &slot;
  connection.slot = number_of(place.index, place.serial);
  connection.keeper = table_.keeper();
  if (give_connection(channel_, connection)) return place;
  forget(place);
  place.slot = nullptr;
  return place;
}

Keep::Place Keep::adopt(const HandedConnection& connection) noexcept {
  Place place;
  place.index = static_cast<std::uint32_t>(connection.slot);
  place.serial = static_cast<std::uint32_t>(connection.slot >> 32U);
  place.epoch = static_cast<std::uint32_t>(connection.keeper);
  if (connection.keeper != table_.keeper() || place.index >= table_.size()) return place;
  KeptSlot& slot = table_[place.index];
  pid_t nobody = 0;
  if (slot.serial != place.serial || !slot.owner.compare_exchange_strong(nobody, ::getpid())) return place;
  // The keeper may have given it up, after a while.
  if (slot.state.load(std::memory_order_seq_cst) == KeptState::idle) place.slot = &slot;
  return place;
}

void Keep::let_go(const Place& place, HandedConnection& connection) noexcept {
  connection.slot = number_of(place.index, place.serial);
  connection.keeper = table_.keeper();
  place.slot->owner.store(0, std::memory_order_release);
}

void Keep::take_back(const Place& place) noexcept { place.slot->owner.store(::getpid(), std::memory_order_release); }

void Keep::forget(const Place& place) noexcept {
  place.slot->state.store(KeptState::none, std::memory_order_release);
  if (table_.block_owner_of(place.index) != ::getpid()) return;
  full_.store(false, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  free_.push_back(place.index);  // there is room: it came from here
}

}  // namespace ropeway::server
