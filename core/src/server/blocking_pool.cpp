#include "core/src/server/blocking_pool.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/activity.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {

using std::chrono::milliseconds;
using std::chrono::seconds;

void BoundedBlockingPool::join() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

awaitable<void> BoundedBlockingPool::run_erased(std::function<void()> work) {
  // The completion runs on the coroutine's own executor, so only `work` ever runs on a thread of the pool.
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      [this, &work](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies what it holds
        // What was thrown changes threads whole: nothing of it is left here, to be freed while it is read there.
        auto complete = [shared](std::exception_ptr error) {
          auto executor = asio::get_associated_executor(*shared);
          asio::post(executor, [shared, error = std::move(error)]() mutable { std::move (*shared)(std::move(error)); });
        };
        const bool taken = submit([task = std::move(work), complete, activity = current_activity()](std::exception_ptr refusal) {
          std::exception_ptr error = std::move(refusal);
          if (!error) {
            try {
              const ActivityScope scope(activity);
              task();
            } catch (...) { error = std::current_exception(); }
          }
          complete(std::move(error));
        });
        if (!taken) {
          complete(std::make_exception_ptr(
              HttpError(Status::service_unavailable, "the queue for blocking work is full (blocking.queue)", retry_after())));
        }
      },
      asio::use_awaitable);
}

bool BoundedBlockingPool::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t free = threads_.size() - busy_;  // with those that have only just been started
    if (closed_ || waiting_.size() >= limits_.queue + (limits_.threads - busy_)) return false;
    waiting_.push_back({std::move(task), coarse_steady_time()});
    if (waiting_.size() > free && threads_.size() < limits_.threads) {
      try {
        threads_.emplace_back([this, slot = threads_.size() < slots_.size() ? &slots_[threads_.size()] : nullptr] {
          set_thread_slot(slot);
          serve();
        });
      } catch (const std::system_error&) {  // the system gives no thread: those that there are do it, or nobody
        if (!threads_.empty()) return true;
        waiting_.pop_back();
        return false;
      }
    }
  }
  wake_.notify_one();
  return true;
}

// Those that wait now will wait for about as long as the first of them has.
seconds BoundedBlockingPool::retry_after() {
  constexpr seconds least{1};
  constexpr seconds most{60};
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return least;
  return std::clamp(std::chrono::ceil<seconds>(coarse_steady_time() - waiting_.front().since), least, most);
}

bool BoundedBlockingPool::is_late(const Waiting& waiting, milliseconds now) const noexcept {
  return limits_.wait > milliseconds(0) && now - waiting.since >= limits_.wait;
}

void BoundedBlockingPool::refuse_late(milliseconds now) {
  std::vector<Waiting> late;  // a deque would allocate at each tick; in the order in which they came, so the late ones are in front
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && is_late(waiting_.front(), now)) {
      late.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  if (late.empty()) return;
  const auto after = std::clamp(std::chrono::ceil<seconds>(limits_.wait), seconds(1), seconds(60));
  for (Waiting& waiting : late) {
    waiting.task(std::make_exception_ptr(
        HttpError(Status::service_unavailable, "no thread became free for blocking work in time (blocking.wait)", after)));
  }
}

void BoundedBlockingPool::serve() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return;
    Task task = std::move(waiting_.front().task);
    waiting_.pop_front();
    ++busy_;
    lock.unlock();
    task(nullptr);
    task = nullptr;
    lock.lock();
    --busy_;
  }
}

}  // namespace ropeway::server
