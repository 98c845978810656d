#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>

#include <asio/io_context.hpp>

#include <ropeway/clock.hpp>
#include <ropeway/jobs.hpp>
#include <ropeway/logger.hpp>

#include "core/src/server/wait_list.hpp"
#include "core/src/shared/segment.hpp"

namespace ropeway::server {

/// `Jobs` with leases in shared memory. What it is made of outlives it.
class SharedJobs final : public Jobs {
 public:
  /// `changes`: of leases; it is woken whenever the bell rings, once `watch` was called.
  SharedJobs(shared::Segment& segment, const Clock& clock, Logger& logger, WaitList& changes, std::function<void()> watch);
  void every(std::string name, std::chrono::milliseconds interval, Job job) override;

  /// Begins with all jobs, on `io`; also with those that come later.
  void begin(asio::io_context& io);
  /// The worker drains: what runs is finished, and then another worker's.
  void hand_on() noexcept;

 private:
  struct Task {
    std::string name;
    std::chrono::nanoseconds interval;
    Job job;
    shared::ClaimTable::Lease& lease;
  };
  void spawn(Task& task);
  [[nodiscard]] awaitable<void> keep_running(Task& task);
  [[nodiscard]] awaitable<void> run_once(Task& task);
  [[nodiscard]] std::int64_t now() const noexcept;

  shared::Segment& segment_;
  const Clock& clock_;
  Logger& logger_;
  WaitList& changes_;
  std::function<void()> watch_;
  pid_t process_;
  std::atomic<bool> leaves_{false};
  std::mutex mutex_;
  asio::io_context* io_ = nullptr;
  std::list<Task> tasks_;
};

}  // namespace ropeway::server
