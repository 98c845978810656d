#include "core/src/server/shared_jobs.hpp"

#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

namespace ropeway::server {
namespace {

constexpr std::chrono::seconds jobs_look_interval{10};  // in case that nobody wakes it

}  // namespace

SharedJobs::SharedJobs(shared::Segment& segment, const Clock& clock, Logger& logger, WaitList& changes, std::function<void()> watch)
    : segment_(segment), clock_(clock), logger_(logger), changes_(changes), watch_(std::move(watch)), process_(::getpid()) {}

void SharedJobs::every(std::string name, std::chrono::milliseconds interval, Job job) {
  if (name.empty() || name.size() > shared::ClaimTable::longest_name)
    throw std::invalid_argument("the name of a job has 1 to 60 bytes: \"" + name + '"');
  if (interval.count() < 1 || interval > std::chrono::hours(24 * 366)) {
    throw std::invalid_argument("the interval of the job \"" + name + "\" must be from 1 ms to a year");
  }
  shared::ClaimTable::Lease* lease = segment_.claims().find_or_add(name);
  if (lease == nullptr) throw std::runtime_error("there is no room for the job \"" + name + "\": there can be 64, by name");
  const std::lock_guard lock(mutex_);
  Task& task = tasks_.emplace_back(Task{std::move(name), interval, std::move(job), *lease});
  if (io_ != nullptr) spawn(task);
}

void SharedJobs::begin(asio::io_context& io) {
  const std::lock_guard lock(mutex_);
  io_ = &io;
  for (Task& task : tasks_) spawn(task);
}

void SharedJobs::spawn(Task& task) {
  watch_();
  asio::co_spawn(*io_, keep_running(task), asio::detached);
}

void SharedJobs::hand_on() noexcept {
  leaves_.store(true, std::memory_order_release);
  changes_.wake_all();
}

std::int64_t SharedJobs::now() const noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.steady_now().time_since_epoch()).count();
}

// Waits until the lease is this process's, then for each time that is due. When that is stands in the lease, so that the next owner goes on
// where this one has ended; and it is set on before a run, so that a run that ends its worker does not end the next one's at once.
awaitable<void> SharedJobs::keep_running(Task& task) {
  const auto ends = [this] { return leaves_.load(std::memory_order_acquire) || changes_.is_closed(); };
  bool leads = false;
  while (!ends()) {
    const std::uint64_t ticket = changes_.ticket();
    leads = leads || shared::ClaimTable::take(task.lease, process_);
    if (!leads) {
      co_await changes_.wait(ticket, jobs_look_interval);
      continue;
    }
    const std::int64_t interval = task.interval.count();
    std::int64_t due = task.lease.due.load(std::memory_order_relaxed);
    if (due == 0 || due > now() + interval) {  // new, or the interval has become shorter
      due = now() + interval;
      task.lease.due.store(due, std::memory_order_relaxed);
    }
    const std::int64_t left = due - now();
    if (left > 0) {
      co_await changes_.wait(ticket, std::chrono::nanoseconds(left));
      continue;
    }
    task.lease.due.store(due + interval * (1 + -left / interval), std::memory_order_relaxed);
    co_await run_once(task);
  }
  if (leads) {
    shared::ClaimTable::give_back(task.lease.owner, process_);
    segment_.ring();
  }
}

awaitable<void> SharedJobs::run_once(Task& task) {
  std::string reason;
  try {
    co_await task.job();
    co_return;
  } catch (const std::exception& error) { reason = error.what(); } catch (...) {
    reason = "an exception of no known kind";
  }
  logger_.error("a job has failed; it runs again when it is due",
                {{"job", std::string_view(task.name)}, {"reason", std::string_view(reason)}});
}

}  // namespace ropeway::server
