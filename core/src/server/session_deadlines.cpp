// The session's part that keeps deadlines.

#include <algorithm>

#include <asio/post.hpp>

#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {

void Session::set_deadline(Phase phase, std::chrono::milliseconds after) noexcept {
  deadline_.store((coarse_steady_time() + after).count(), std::memory_order_relaxed);
  phase_.store(phase, std::memory_order_release);
}

std::chrono::milliseconds Session::handler_time() const noexcept { return exchange_->time_limit.value_or(context_.timeouts.handler); }

// For the handler's coroutine, which has the session to itself meanwhile: the deadline may just be passing.
void Session::limit_handler(std::chrono::milliseconds time) noexcept {
  if (time >= handler_time()) return;
  Handling found = Handling::running;
  if (!take_handling(found, Handling::transfer)) return;  // it was given up
  exchange_->time_limit = time;
  deadline_.store(std::min(deadline_.load(std::memory_order_relaxed), (coarse_steady_time() + time).count()), std::memory_order_relaxed);
  handling_.store(Handling::running, std::memory_order_release);
}

// A body must go on arriving, and bring `body_rate` on average once `body_grace` is over.
void Session::set_body_deadline() noexcept {
  const config::TimeoutsConfig& timeouts = context_.timeouts;
  const std::int64_t now = coarse_steady_time().count();
  std::int64_t deadline = now + timeouts.body_grace.count();
  if (timeouts.body_rate > 0) {
    const auto earned = static_cast<std::int64_t>(std::min<std::uint64_t>(codec_.body_received(), 1ULL << 50U) * 1000 / timeouts.body_rate);
    deadline = std::min(deadline, body_begun_ + timeouts.body_grace.count() + earned);
  }
  phase_.store(Phase::body, std::memory_order_relaxed);
  deadline_.store(deadline, std::memory_order_relaxed);
}

bool Session::deadline_passed() const noexcept { return deadline_passed(coarse_steady_time()); }

bool Session::deadline_passed(std::chrono::milliseconds now) const noexcept {
  const std::int64_t deadline = deadline_.load(std::memory_order_relaxed);
  return deadline != 0 && now.count() >= deadline;
}

void Session::check_deadline(std::chrono::milliseconds now, bool wake_idle) noexcept {
  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase == Phase::switched) return check_switched(now);
  bool wake = deadline_passed(now);
  if (watched_.load(std::memory_order_relaxed)) look_after_client();
  if (phase == Phase::handler) {
    if (wake) give_up_handler(now);
    return;
  }
  if (phase == Phase::fresh || phase == Phase::idle) wake = wake || wake_idle;
  if (phase == Phase::idle && wants_keep_.load(std::memory_order_relaxed)) {
    wants_keep_.store(false, std::memory_order_relaxed);
    wake = true;
  }
  if (phase <= Phase::body && unconfirmed_end_.exchange(false, std::memory_order_relaxed) && transport_.peer_has_ended()) {
    unconfirmed_end_.store(true, std::memory_order_relaxed);  // until it is awake: it may not wait yet
    wake = true;
  }
  if (wake) readiness_.cancel();
}

// Takes the session from a handler whose deadline has passed. One that reads or writes the connection just now is woken and sees it itself.
void Session::give_up_handler(std::chrono::milliseconds now) noexcept {
  Handling found = Handling::running;
  if (!handling_.compare_exchange_strong(found, Handling::abandoned, std::memory_order_acq_rel)) {
    if (found == Handling::transfer) readiness_.cancel();
    return;  // one that is being asked about is looked at again in the next sweep
  }
  found = Handling::abandoned;
  const bool next_request = !deadline_passed(now);  // the handler that was late has just ended, and this is another
  if (next_request && handling_.compare_exchange_strong(found, Handling::running, std::memory_order_acq_rel)) return;
  request_stop();
  asio::post(context_.io, [this] { abandon_handler(); });
}

}  // namespace ropeway::server
