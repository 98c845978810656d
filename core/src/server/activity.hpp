#pragma once

#include <optional>

#include "core/src/observability/thread_slot.hpp"

namespace ropeway::server {

/// Gives this thread its slot in the scoreboard, which outlives it. Without one nothing is recorded.
void set_thread_slot(observability::ThreadSlot* slot) noexcept;
/// This thread's slot, or nullptr. Safe in a signal handler.
[[nodiscard]] observability::ThreadSlot* thread_slot() noexcept;

/// What this thread has been recorded to work on, for another thread that goes on with it; nothing where there is none.
[[nodiscard]] std::optional<observability::Activity> current_activity() noexcept;

/// This thread no longer works on what it was recorded to, although the scope for it has not ended.
void end_activity() noexcept;

/// Records, as long as it lives, what this thread works on. They do not nest: where one ends, nothing is recorded.
class ActivityScope {
 public:
  explicit ActivityScope(const observability::Activity& activity) noexcept;
  explicit ActivityScope(const std::optional<observability::Activity>& activity) noexcept;
  ~ActivityScope() { end(); }
  void end() noexcept {
    if (slot_ != nullptr) slot_->end();
    slot_ = nullptr;
  }
  ActivityScope(const ActivityScope&) = delete;
  ActivityScope& operator=(const ActivityScope&) = delete;

 private:
  observability::ThreadSlot* slot_;  // nullptr: nothing was recorded
};

}  // namespace ropeway::server
