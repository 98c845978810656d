#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>

#include "core/src/observability/latency.hpp"
#include "core/src/observability/thread_counters.hpp"

namespace ropeway::server {

/// Counts the requests of an I/O thread, and how long their answers took: from the moment in which the handler was called until the answer
/// (of a stream, its head) went to the kernel.
///
/// Requests that came together (pipelining) are answered together, so the clock is read for the first and for all of them at the end.
class ThreadMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  constexpr ThreadMeter() noexcept = default;

  /// Counts into the scoreboard from now on: `routes` has one for each route that is counted alone, and one for the others.
  void attach(observability::ThreadCounters* counters, std::span<observability::RouteCounters> routes) noexcept {
    counters_ = counters;
    routes_ = routes;
    waiting_ = 0;
  }

  void begin() noexcept { count(&observability::ThreadCounters::begun); }
  void end() noexcept { count(&observability::ThreadCounters::ended); }
  void end_answered() noexcept {
    count(&observability::ThreadCounters::answered);
    end();
  }
  void server_error() noexcept { count(&observability::ThreadCounters::server_errors); }

  /// A handler is about to be called. The result is for `answered`, where the answer comes later or from another thread.
  Time start() noexcept {
    if (waiting_ == 0 && counters_ != nullptr) started_ = std::chrono::steady_clock::now();
    return started_;
  }
  /// The handler's answer is there, and is about to be sent with those before it.
  void answered(std::uint32_t route) noexcept {
    if (waiting_ > 0 && route != route_) sent();
    route_ = route;
    ++waiting_;
  }
  /// The same for a handler that was waited for since `started`.
  void answered(std::uint32_t route, Time started) noexcept {
    sent();
    if (counters_ != nullptr) record(route, std::chrono::steady_clock::now() - started, 1);
  }
  /// The answers went to the kernel.
  void sent() noexcept {
    if (waiting_ == 0) return;
    if (counters_ != nullptr) record(route_, std::chrono::steady_clock::now() - started_, waiting_);
    waiting_ = 0;
  }

 private:
  using Counters = observability::ThreadCounters;
  void count(Counters::Counter Counters::* which) noexcept {
    if (counters_ != nullptr) Counters::increment(counters_->*which);
  }
  void record(std::uint32_t route, std::chrono::nanoseconds duration, std::uint64_t times) noexcept {
    if (routes_.empty()) return;
    const std::size_t place = std::min<std::size_t>(route, routes_.size() - 1);
    routes_[place].record(duration, times);
    std::atomic<std::uint64_t>& used = counters_->used[place / 64];
    const std::uint64_t bit = std::uint64_t{1} << place % 64;
    if (const std::uint64_t known = used.load(std::memory_order_relaxed); (known & bit) == 0)
      used.store(known | bit, std::memory_order_relaxed);
  }

  Counters* counters_ = nullptr;  // nullptr: nothing is counted
  std::span<observability::RouteCounters> routes_;
  Time started_;
  std::uint32_t route_ = 0;
  std::uint32_t waiting_ = 0;  // answers that were not yet sent, all of `route_`
};

inline constinit thread_local ThreadMeter meter_of_this_thread;

/// This thread's. Not to be kept beyond a `co_await`.
[[nodiscard]] inline ThreadMeter& thread_meter() noexcept { return meter_of_this_thread; }

}  // namespace ropeway::server
