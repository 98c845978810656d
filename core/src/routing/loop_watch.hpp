#pragma once

#include <atomic>
#include <chrono>

#include <ropeway/services.hpp>

#include "core/src/routing/failure.hpp"

namespace ropeway::routing {

/// Finds out that a handler on the event loop keeps holding it, and says so in the log, once. Thread-safe.
class LoopWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What `services` has and the views of `origin` outlive this.
  LoopWatch(Services& services, Origin origin) noexcept
      : clock_(services.clock()), logger_(services.logger()), origin_(origin), most_(services.blocking_pool().take_over()) {}

  /// Whether the handler belongs on the pool.
  [[nodiscard]] bool found() const noexcept { return found_.load(std::memory_order_relaxed); }

  /// A call of the handler, as long as it lives.
  class Call {
   public:
    explicit Call(LoopWatch& watch) noexcept : watch_(watch), begin_(watch.clock_.coarse_steady_now()) {}
    ~Call() {
      const Time end = watch_.clock_.coarse_steady_now();
      if (end - begin_ >= long_call) [[unlikely]]
        watch_.add(begin_, end);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    LoopWatch& watch_;
    Time begin_;
  };

 private:
  static constexpr std::chrono::milliseconds long_call{20};  // what the coarse clock tells well enough, and other connections feel
  static constexpr std::chrono::seconds window{10};

  void add(Time begin, Time end) noexcept;

  const Clock& clock_;
  Logger& logger_;
  const Origin origin_;
  const std::chrono::milliseconds most_;  // 0: nothing is found
  std::atomic<Time> window_end_{Time::min()};
  std::atomic<Time::rep> held_{0};  // in this window, of all threads
  std::atomic<bool> found_ = false;
};

}  // namespace ropeway::routing
