#include "core/src/shared/counter_table.hpp"

#include <cstring>

namespace ropeway::shared {

CounterTable::CounterTable(std::byte* place, std::size_t slots, RobustMutex& mutex, const Secret& secret) noexcept
    : slots_(reinterpret_cast<Slot*>(place), slots), mutex_(mutex), secret_(secret) {}

CounterTable::Slot* CounterTable::look_for(std::string_view name, std::size_t from) noexcept {
  for (std::size_t step = 0; step < slots_.size(); ++step) {
    Slot& slot = slots_[(from + step) % slots_.size()];
    const std::string_view its = name_of(slot);
    if (its.empty() || its == name) return &slot;
  }
  return nullptr;
}

std::atomic<std::int64_t>* CounterTable::find_or_add(std::string_view name) noexcept {
  if (name.empty() || name.size() > longest_name) return nullptr;
  const std::size_t from = key_of(secret_, "counter", name).low % slots_.size();
  Slot* slot = look_for(name, from);
  if (slot == nullptr) return nullptr;
  if (slot->size.load(std::memory_order_acquire) != 0) return &slot->value;
  const RobustLock lock(mutex_);
  if (!lock) return nullptr;
  slot = look_for(name, from);  // another may have been quicker
  if (slot == nullptr || slot->size.load(std::memory_order_relaxed) != 0) return slot == nullptr ? nullptr : &slot->value;
  std::memcpy(slot->name.data(), name.data(), name.size());
  slot->size.store(static_cast<std::uint32_t>(name.size()), std::memory_order_release);
  return &slot->value;
}

}  // namespace ropeway::shared
