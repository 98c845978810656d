#include "core/src/server/child_places.hpp"

#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace ropeway::server {

awaitable<std::shared_ptr<const void>> ChildPlaces::take() {
  const std::shared_ptr<State> state = state_;
  bool has_place = state->take_free();
  if (!has_place) {
    has_place = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(
        [&state](auto handler) {
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies what it holds
          Resume resume = [shared](bool given) {
            auto executor = asio::get_associated_executor(*shared);
            asio::post(executor, [shared, given] { std::move (*shared)(given); });
          };
          if (!state->wait_or_take(resume)) resume(false);
        },
        asio::use_awaitable);
  }
  if (!has_place) co_return nullptr;
  co_return std::make_shared<const Place>(state);
}

bool ChildPlaces::State::take_free() {
  const std::lock_guard lock(mutex_);
  if (closed_ || taken_ >= at_once_) return false;
  ++taken_;
  return true;
}

// Queues, or takes a place that has become free meanwhile; says false where neither can be.
bool ChildPlaces::State::wait_or_take(Resume resume) {
  const std::unique_lock lock(mutex_);
  if (closed_) return false;
  if (taken_ < at_once_) {
    ++taken_;
    resume(true);
    return true;
  }
  if (waiting_.size() >= queue_) return false;
  waiting_.push_back(std::move(resume));
  return true;
}

// The place goes to the first that waits.
void ChildPlaces::State::give_back() noexcept {
  Resume next;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      --taken_;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next(true);
}

void ChildPlaces::State::close() noexcept {
  std::deque<Resume> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(waiting_);
}

}  // namespace ropeway::server
