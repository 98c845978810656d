#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>

namespace ropeway::server {

/// A coroutine that waits for something, whatever its handler's type, in memory of this object: parking allocates nothing. Not thread-safe.
class ParkedCoroutine {
 public:
  ParkedCoroutine() = default;
  ~ParkedCoroutine() { clear(); }
  ParkedCoroutine(const ParkedCoroutine&) = delete;
  ParkedCoroutine& operator=(const ParkedCoroutine&) = delete;

  /// `handler` goes on with it. Nothing may be parked yet.
  template <class Handler>
  void park(Handler handler) {
    static_assert(sizeof(Of<Handler>) <= sizeof place_ && alignof(Of<Handler>) <= alignof(std::max_align_t));
    held_ = std::construct_at(reinterpret_cast<Of<Handler>*>(place_.data()), std::move(handler));
  }
  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }

  /// Goes on with it here where this thread may, after `lock` was given up.
  void resume(std::unique_lock<std::mutex>& lock) { held_->resume(*this, lock); }
  /// Goes on with it soon, on a thread of its executor.
  void resume_later() { held_->resume_later(*this); }

 private:
  class Base {
   public:
    virtual ~Base() = default;
    virtual void resume(ParkedCoroutine& owner, std::unique_lock<std::mutex>& lock) = 0;
    virtual void resume_later(ParkedCoroutine& owner) = 0;
  };
  template <class Handler>
  class Of final : public Base {
   public:
    explicit Of(Handler handler) : handler_(std::move(handler)) {}
    void resume(ParkedCoroutine& owner, std::unique_lock<std::mutex>& lock) override {
      Handler handler = std::move(handler_);
      owner.clear();
      lock.unlock();
      auto executor = asio::get_associated_executor(handler);
      asio::dispatch(executor, std::move(handler));
    }
    void resume_later(ParkedCoroutine& owner) override {
      Handler handler = std::move(handler_);
      owner.clear();
      auto executor = asio::get_associated_executor(handler);
      asio::post(executor, std::move(handler));
    }

   private:
    Handler handler_;
  };
  void clear() noexcept {
    if (held_ != nullptr) std::destroy_at(std::exchange(held_, nullptr));
  }

  alignas(std::max_align_t) std::array<std::byte, 80> place_;
  Base* held_ = nullptr;
};

}  // namespace ropeway::server
