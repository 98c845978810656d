#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/execution.hpp>
#include <asio/io_context.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <asio/version.hpp>

#include <ropeway/awaitable.hpp>

#include "core/src/http/free_list.hpp"
#include "core/src/observability/thread_slot.hpp"
#include "core/src/server/activity.hpp"

namespace ropeway::server {

/// An activity that a coroutine and what it started have in common. A copy costs an atomic increment. Thread-safe as `std::shared_ptr` is.
class SharedActivity {
 public:
  explicit SharedActivity(const observability::Activity& activity) {
    auto taken = http::FreeList<Block, kept_blocks>::take();
    block_ = taken ? taken.release() : std::make_unique<Block>().release();
    block_->activity = activity;
    block_->owners.store(1, std::memory_order_relaxed);
  }
  SharedActivity(const SharedActivity& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedActivity(SharedActivity&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedActivity& operator=(SharedActivity other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedActivity() {
    if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
      http::FreeList<Block, kept_blocks>::give_back(std::unique_ptr<Block>(block_));
  }
  [[nodiscard]] const observability::Activity& operator*() const noexcept { return block_->activity; }
  [[nodiscard]] bool operator==(const SharedActivity& other) const noexcept { return block_ == other.block_; }

 private:
  static constexpr unsigned kept_blocks = 64;  // for each thread
  struct Block {
    observability::Activity activity;
    std::atomic<std::uint32_t> owners{1};
    Block* next_free = nullptr;
  };
  Block* block_;
};

/// An executor that has the scoreboard say, while something runs on it, what request that is for. A coroutine that is spawned on it is known by
/// its request after each of its waits, too, and so is what it spawns on its own executor.
template <class Inner>
class ActivityExecutor {
 public:
  ActivityExecutor(Inner inner, SharedActivity activity) noexcept : inner_(std::move(inner)), activity_(std::move(activity)) {}

  template <class Function>
  void execute(Function&& function) const {
    Recorded<std::decay_t<Function>> recorded{activity_, std::forward<Function>(function)};
#if ASIO_VERSION < 102400  // until then, the member was not to be called by its name
    asio::execution::execute(inner_, std::move(recorded));
#else
    inner_.execute(std::move(recorded));
#endif
  }

  template <class Property>
    requires asio::can_query<const Inner&, Property>::value
  [[nodiscard]] decltype(auto) query(const Property& property) const noexcept(asio::is_nothrow_query<const Inner&, Property>::value) {
    return asio::query(inner_, property);
  }
  template <class Property>
    requires asio::can_require<const Inner&, Property>::value
  [[nodiscard]] auto require(const Property& property) const {
    return with(asio::require(inner_, property));
  }
  template <class Property>
    requires asio::can_prefer<const Inner&, Property>::value
  [[nodiscard]] auto prefer(const Property& property) const {
    return with(asio::prefer(inner_, property));
  }

  [[nodiscard]] bool operator==(const ActivityExecutor& other) const noexcept {
    return inner_ == other.inner_ && activity_ == other.activity_;
  }

 private:
  template <class Function>
  struct Recorded {
    SharedActivity activity;
    Function function;
    void operator()() {
      const ActivityScope scope(*activity);
      std::move(function)();
    }
  };
  template <class Other>
  [[nodiscard]] ActivityExecutor<std::decay_t<Other>> with(Other&& inner) const {
    return {std::forward<Other>(inner), activity_};
  }

  Inner inner_;
  SharedActivity activity_;
};

/// `asio::co_spawn` on `io`, with the scoreboard told of `activity` whenever `coroutine` runs. What `ended` does is no longer the request's.
template <class Result, class Ended>
void spawn_recorded(asio::io_context& io, const observability::Activity& activity, awaitable<Result> coroutine, Ended ended) {
  if (thread_slot() == nullptr) return asio::co_spawn(io, std::move(coroutine), std::move(ended));
  asio::co_spawn(ActivityExecutor(io.get_executor(), SharedActivity(activity)), std::move(coroutine),
                 [ended = std::move(ended)](auto&&... results) mutable {
                   end_activity();
                   ended(std::forward<decltype(results)>(results)...);
                 });
}

}  // namespace ropeway::server
