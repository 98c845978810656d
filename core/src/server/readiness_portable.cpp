#include "core/src/server/readiness.hpp"

#ifndef ROPEWAY_READINESS_REACTOR

#include <asio/post.hpp>

namespace ropeway::server {

void Readiness::wait(asio::posix::stream_descriptor::wait_type kind, Callback callback, void* owner) {
  if (!registered_) {
    const std::lock_guard lock(registration_);
    asio::error_code error;
    descriptor_.emplace(io_).assign(number_, error);
    registered_ = !error;
    if (error) {
      failed_ = true;
      return asio::post(io_, [callback, owner] { callback(owner); });
    }
  }
  descriptor_->async_wait(kind, [callback, owner](const asio::error_code&) { callback(owner); });
}

void Readiness::cancel() {
  asio::error_code error;  // nothing to cancel is no mistake
  if (registered_) descriptor_->cancel(error);
}

void Readiness::close(bool) noexcept {
  if (registered_) descriptor_->release();
  descriptor_.reset();
  registered_ = false;
}

}  // namespace ropeway::server

#endif
