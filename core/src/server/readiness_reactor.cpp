#include "core/src/server/readiness.hpp"

#ifdef ROPEWAY_READINESS_REACTOR

namespace ropeway::server {

using asio::detail::reactor;

void Readiness::complete_ready(void* owner, asio::detail::operation* operation, const asio::error_code&, std::size_t) {
  if (owner == nullptr) return;  // the io_context is being destroyed
  auto* self = static_cast<Readiness*>(static_cast<reactor_op*>(operation));
  if (self->registering_.load(std::memory_order_acquire)) const std::lock_guard until_registered(self->registration_);
  self->callback_(self->owner_);
}

void Readiness::wait_readable(bool goes_on) {
  if (registered_) return start(reactor::read_op, this, goes_on);
  const std::lock_guard lock(registration_);
  registered_ = true;
  registering_.store(true, std::memory_order_relaxed);
  context_.scheduler_.work_started();  // the reactor counts an internal operation as none, but its completion ends one
  if (context_.reactor_.register_internal_descriptor(reactor::read_op, descriptor_, data_, this) != 0) {
    failed_ = true;
    context_.reactor_.cancel_ops(descriptor_, data_);
  }
  registering_.store(false,
                     std::memory_order_release);  // under the lock, for which a callback waits before it does anything with the object
}

void Readiness::register_descriptor() {
  if (registered_) return;
  const std::lock_guard lock(registration_);
  failed_ = context_.reactor_.register_descriptor(descriptor_, data_) != 0;
  registered_ = true;
}

void Readiness::wait_writable() {
  register_descriptor();
  start(reactor::write_op, this);
}

void Readiness::Second::wait_writable(Readiness& readiness) {
  readiness.register_descriptor();
  readiness.start(reactor::write_op, this);
}

void Readiness::Second::complete_ready(void* owner, asio::detail::operation* operation, const asio::error_code&, std::size_t) {
  if (owner == nullptr) return;  // the io_context is being destroyed
  auto* self = static_cast<Second*>(static_cast<reactor_op*>(operation));
  self->callback_(self->owner_);
}

// What is ready already completes as a continuation of what runs now, in this thread's own queue, which others do not see.
void Readiness::start(int kind, asio::detail::reactor_op* operation, bool goes_on) {
  context_.reactor_.start_op(kind, descriptor_, data_, operation, !goes_on, true);
}

void Readiness::cancel() {
  if (registered_) context_.reactor_.cancel_ops(descriptor_, data_);
}

void Readiness::close(bool stays_open) noexcept {
  if (registered_) context_.reactor_.deregister_descriptor(descriptor_, data_, !stays_open);
}

void Readiness::forget() noexcept {
  if (registered_) context_.reactor_.cleanup_descriptor_data(data_);
  registered_ = false;
}

}  // namespace ropeway::server

#endif
