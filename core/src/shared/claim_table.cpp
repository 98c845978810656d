#include "core/src/shared/claim_table.hpp"

#include <algorithm>
#include <cstring>

namespace ropeway::shared {

ClaimTable::ClaimTable(std::byte* place, RobustMutex& mutex) noexcept
    : claims_(reinterpret_cast<Claim*>(place), set_count * ways),
      leases_(reinterpret_cast<Lease*>(place + set_count * ways * sizeof(Claim)), lease_count),
      mutex_(mutex) {}

ClaimTable::Result ClaimTable::claim(const Key& key, pid_t owner) noexcept {
  const RobustLock lock(mutex_);
  if (!lock) return {};
  Claim* free = nullptr;
  for (Claim& claim : claims_.subspan(key.low % set_count * ways, ways)) {
    if (claim.owner.load(std::memory_order_acquire) == 0) {
      free = &claim;
    } else if (claim.low.load(std::memory_order_relaxed) == key.low && claim.high.load(std::memory_order_relaxed) == key.high) {
      return {Outcome::busy, nullptr};
    }
  }
  if (free == nullptr) return {};
  free->low.store(key.low, std::memory_order_relaxed);
  free->high.store(key.high, std::memory_order_relaxed);
  free->owner.store(owner, std::memory_order_release);  // from here on it is
  return {Outcome::claimed, free};
}

bool ClaimTable::is_claimed(const Key& key) const noexcept {
  return std::ranges::any_of(claims_.subspan(key.low % set_count * ways, ways), [&](const Claim& claim) {
    return claim.owner.load(std::memory_order_acquire) != 0 && claim.low.load(std::memory_order_relaxed) == key.low &&
           claim.high.load(std::memory_order_relaxed) == key.high;
  });
}

ClaimTable::Lease* ClaimTable::find_or_add(std::string_view name) noexcept {
  if (name.empty() || name.size() > longest_name) return nullptr;
  const RobustLock lock(mutex_);
  if (!lock) return nullptr;
  for (Lease& lease : leases_) {
    const std::uint32_t size = lease.size.load(std::memory_order_acquire);
    if (size == 0) {
      std::memcpy(lease.name.data(), name.data(), name.size());
      lease.size.store(static_cast<std::uint32_t>(name.size()), std::memory_order_release);
      return &lease;
    }
    if (std::string_view(lease.name.data(), size) == name) return &lease;
  }
  return nullptr;
}

bool ClaimTable::give_back_all_of(pid_t owner) noexcept {
  bool any = false;
  const auto look = [&](std::atomic<pid_t>& its) {
    pid_t expected = owner;
    if (its.load(std::memory_order_relaxed) == owner && its.compare_exchange_strong(expected, 0)) any = true;
  };
  for (Claim& claim : claims_) look(claim.owner);
  for (Lease& lease : leases_) look(lease.owner);
  return any;
}

}  // namespace ropeway::shared
