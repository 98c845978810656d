#include "core/src/routing/loop_watch.hpp"

namespace ropeway::routing {

// Where a window ends while several threads come here, one of them may count into the wrong one: that is as good.
void LoopWatch::add(Time begin, Time end) noexcept {
  if (most_.count() == 0) return;
  if (end > window_end_.load(std::memory_order_relaxed)) {
    window_end_.store(begin + window, std::memory_order_relaxed);
    held_.store(0, std::memory_order_relaxed);
  }
  const Time::duration held((end - begin).count() + held_.fetch_add((end - begin).count(), std::memory_order_relaxed));
  if (held < most_ || found_.exchange(true, std::memory_order_relaxed)) return;
  logger_.warning(
      "a handler keeps holding the event loop, and runs on the pool for blocking ones from now on; derive it from BlockingHandler",
      {{"route", origin_.route},
       {"handler", origin_.handler},
       {"held_ms", std::chrono::duration_cast<std::chrono::milliseconds>(held).count()}});
}

}  // namespace ropeway::routing
