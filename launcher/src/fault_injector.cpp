#include "launcher/src/fault_injector.hpp"

#include <chrono>

#include "core/src/server/activity.hpp"

namespace ropeway::launcher {
namespace {

constexpr std::chrono::milliseconds step{5};          // between two looks at whether it is over
constexpr std::chrono::milliseconds slow_for{20};     // that threads stand still, and then do not
constexpr std::size_t piece = std::size_t{1} << 20U;  // of ballast

std::int64_t now_ms() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

FaultInjector::~FaultInjector() = default;  // the thread is asked to stop, and joined

void FaultInjector::look() {
  if (faults_.held_until > now_ms()) hold_threads();
  if (faults_.slow_until > now_ms() && !slow_.joinable()) {
    slow_ = std::jthread([this](const std::stop_token& stop) { keep_slow(stop); });
  }
  const std::size_t pieces = faults_.ballast / piece;
  const std::lock_guard lock(mutex_);
  while (ballast_.size() > pieces) ballast_.pop_back();
  for (std::size_t missing = pieces - ballast_.size(); missing > 0; --missing) worker_.post([this] { take_piece(); });
}

// One at a time, so that it is no stall as well.
void FaultInjector::take_piece() {
  const std::lock_guard lock(mutex_);
  if (ballast_.size() < faults_.ballast / piece) ballast_.emplace_back(piece, 'x');
}

// As a handler would that does not come back: the stall watch shall see the same.
void FaultInjector::hold_threads() {
  for (unsigned thread = 0; thread < threads_; ++thread) {
    worker_.post([&faults = faults_] {
      const server::ActivityScope activity({observability::Activity::no_route, Method::other, "(drill)"});
      while (faults.held_until > now_ms()) std::this_thread::sleep_for(step);
    });
  }
}

void FaultInjector::keep_slow(const std::stop_token& stop) {
  while (!stop.stop_requested() && faults_.slow_until > now_ms()) {
    for (unsigned thread = 0; thread < threads_; ++thread) worker_.post([] { std::this_thread::sleep_for(slow_for); });
    std::this_thread::sleep_for(2 * slow_for);
  }
}

}  // namespace ropeway::launcher
