#include "core/src/server/activity.hpp"

#include <unistd.h>

#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

thread_local observability::ThreadSlot* slot_of_this_thread = nullptr;

}  // namespace

void set_thread_slot(observability::ThreadSlot* slot) noexcept {
  slot_of_this_thread = slot;
  if (slot != nullptr) slot->set_thread(static_cast<std::int32_t>(::gettid()));
}

observability::ThreadSlot* thread_slot() noexcept { return slot_of_this_thread; }

std::optional<observability::Activity> current_activity() noexcept {
  const observability::ThreadSlot* slot = slot_of_this_thread;
  if (slot == nullptr || slot->since().count() == observability::ThreadSlot::idle) return std::nullopt;
  return slot->activity();
}

void end_activity() noexcept {
  if (slot_of_this_thread != nullptr) slot_of_this_thread->end();
}

ActivityScope::ActivityScope(const observability::Activity& activity) noexcept : slot_(slot_of_this_thread) {
  if (slot_ != nullptr) slot_->begin(activity, coarse_steady_time());
}

ActivityScope::ActivityScope(const std::optional<observability::Activity>& activity) noexcept
    : slot_(activity ? slot_of_this_thread : nullptr) {
  if (slot_ != nullptr) slot_->begin(*activity, coarse_steady_time());
}

}  // namespace ropeway::server
