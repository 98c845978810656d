#pragma once

#include <memory>
#include <mutex>

#include <asio/io_context.hpp>

#include "core/src/server/bell.hpp"
#include "core/src/server/shared_bus.hpp"
#include "core/src/server/shared_cache.hpp"
#include "core/src/server/shared_jobs.hpp"
#include "core/src/server/shared_services.hpp"
#include "core/src/server/wait_list.hpp"

namespace ropeway::server {

/// What of a process's services is in the shared memory. What it is made of outlives it.
class SharedState {
 public:
  SharedState(shared::Segment& segment, const Clock& clock, Logger& logger);

  SharedCounters counters;
  SharedRateLimits rate_limits;
  SharedBus bus;
  SharedCache cache;
  SharedJobs jobs;

  /// The event loop is about to run: from now on, what others publish and give back is noticed, where somebody here waits for it.
  void begin(asio::io_context& io);
  /// Nobody waits any more from now on: the event loop has ended, and then runs what is left.
  void close() noexcept;
  /// That has been done, and the event loop's end is next.
  void end() noexcept { bell_.reset(); }
  /// What this process still has is given back.
  ~SharedState();
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

 private:
  void watch();
  void look() noexcept;

  shared::Segment& segment_;
  WaitList changes_;
  std::mutex mutex_;
  bool wanted_ = false;
  std::unique_ptr<Bell> bell_;
};

}  // namespace ropeway::server
