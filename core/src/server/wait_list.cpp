#include "core/src/server/wait_list.hpp"

#include <utility>

#include <asio/async_result.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace ropeway::server {

awaitable<void> WaitList::wait(std::uint64_t ticket, std::chrono::nanoseconds patience) {
  const auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
  // A timer is used by one thread at a time: here, and where it is cancelled, under the mutex. Of one that was cancelled before it waits,
  // nothing would come, so whether it is to wait is decided there, too.
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(asio::error_code)>(
      [&](auto handler) {
        const std::lock_guard lock(mutex_);
        const bool waits = !is_closed() && happened_.load(std::memory_order_relaxed) == ticket;
        if (!waits) {
          waiter->timer.expires_at(asio::steady_timer::time_point::min());
        } else if (patience >= for_ever) {
          waiter->timer.expires_at(asio::steady_timer::time_point::max());
        } else {
          waiter->timer.expires_after(patience);
        }
        // What it was woken by makes no difference, and is no exception.
        waiter->timer.async_wait(
            [handler = std::move(handler)](const asio::error_code&) mutable { std::move(handler)(asio::error_code()); });
        if (waits) waiting_.push_back(waiter);
      },
      asio::use_awaitable);
  const std::lock_guard lock(mutex_);
  waiting_.remove(waiter);
}

void WaitList::wake_all() noexcept {
  const std::lock_guard lock(mutex_);
  happened_.fetch_add(1, std::memory_order_release);
  for (const auto& waiter : std::exchange(waiting_, {})) waiter->timer.cancel();
}

void WaitList::close() noexcept {
  closed_.store(true, std::memory_order_release);
  wake_all();
}

}  // namespace ropeway::server
