#include "handlers/concurrency/turnstile.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace ropeway::handlers {

/// A coroutine that waits: its timer is its patience, and is cancelled when it gets a place. Nothing touches the timer but on its strand.
class Turnstile::Waiter {
 public:
  Waiter(const asio::any_io_executor& executor, std::chrono::milliseconds patience) : strand_(executor), timer_(strand_, patience) {}

  [[nodiscard]] const asio::strand<asio::any_io_executor>& strand() const noexcept { return strand_; }
  [[nodiscard]] awaitable<void> wait() {
    asio::error_code cancelled;
    if (!has_place_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  static void let_pass(const std::shared_ptr<Waiter>& waiter) {
    waiter->has_place_ = true;
    asio::post(waiter->strand_, [waiter] { waiter->timer_.cancel(); });
  }
  [[nodiscard]] bool has_place() const noexcept { return has_place_; }

 private:
  asio::strand<asio::any_io_executor> strand_;
  asio::steady_timer timer_;
  std::atomic<bool> has_place_{false};
};

class Turnstile::State {
 public:
  State(std::size_t places, std::size_t queue) : places_(places), queue_(queue) {}

  [[nodiscard]] bool take_free() {
    const std::scoped_lock lock(mutex_);
    if (taken_ >= places_) return false;
    ++taken_;
    return true;
  }
  enum class Entry : unsigned char { place, waits, refused };
  [[nodiscard]] Entry enter(const std::shared_ptr<Waiter>& waiter) {
    const std::scoped_lock lock(mutex_);
    if (taken_ < places_) {
      ++taken_;
      return Entry::place;
    }
    if (waiting_.size() >= queue_) return Entry::refused;
    waiting_.push_back(waiter);
    return Entry::waits;
  }
  /// Says whether it has got a place.
  [[nodiscard]] bool leave(const std::shared_ptr<Waiter>& waiter) noexcept {
    const std::scoped_lock lock(mutex_);
    if (waiter->has_place()) return true;
    std::erase(waiting_, waiter);
    return false;
  }
  // The place goes to the first that waits.
  void give_back() {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) {
      --taken_;
      return;
    }
    const std::shared_ptr<Waiter> next = std::move(waiting_.front());
    waiting_.pop_front();
    Waiter::let_pass(next);
  }

 private:
  const std::size_t places_;
  const std::size_t queue_;
  std::mutex mutex_;
  std::size_t taken_ = 0;
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

class Turnstile::Place {
 public:
  explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~Place() { state_->give_back(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::shared_ptr<State> state_;
};

/// A waiter in the queue. A coroutine that is thrown away while it waits (the worker ends) leaves it, too, and passes on what it may have got.
class Turnstile::Queued {
 public:
  Queued(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter) : state_(std::move(state)), waiter_(std::move(waiter)) {}
  ~Queued() {
    if (!has_left_ && leave()) state_->give_back();
  }
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;
  /// Says whether it has got a place, which is the caller's then.
  [[nodiscard]] bool leave() {
    has_left_ = true;
    return state_->leave(waiter_);
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Waiter> waiter_;
  bool has_left_ = false;
};

Turnstile::Turnstile(std::size_t places, std::size_t queue) : state_(std::make_shared<State>(places, queue)) {}

awaitable<std::shared_ptr<const void>> Turnstile::take(std::chrono::milliseconds patience) const {
  const std::shared_ptr<State> state = state_;
  if (state->take_free()) co_return std::make_shared<const Place>(state);
  const auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor, patience);
  const State::Entry entry = state->enter(waiter);
  if (entry == State::Entry::refused) co_return nullptr;
  if (entry == State::Entry::place) co_return std::make_shared<const Place>(state);
  Queued queued(state, waiter);
  co_await asio::co_spawn(waiter->strand(), waiter->wait(), asio::use_awaitable);
  if (!queued.leave()) co_return nullptr;
  co_return std::make_shared<const Place>(state);
}

}  // namespace ropeway::handlers
