#pragma once

#include <memory>
#include <utility>

#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>

namespace ropeway::server {

/// A coroutine that waits for its socket, whatever its handler's type.
class SocketWaiter {
 public:
  template <class Handler>
  [[nodiscard]] static std::unique_ptr<SocketWaiter> of(Handler handler) {
    return std::make_unique<Of<Handler>>(std::move(handler));
  }
  virtual ~SocketWaiter() = default;
  /// Goes on with it, here where this thread may. To be called once.
  virtual void resume() = 0;

 private:
  template <class Handler>
  class Of;
};

template <class Handler>
class SocketWaiter::Of final : public SocketWaiter {
 public:
  explicit Of(Handler handler) : handler_(std::move(handler)) {}
  void resume() override {
    auto executor = asio::get_associated_executor(handler_);
    asio::dispatch(executor, std::move(handler_));
  }

 private:
  Handler handler_;
};

}  // namespace ropeway::server
