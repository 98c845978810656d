#include "core/src/server/shared_state.hpp"

#include <unistd.h>

namespace ropeway::server {

SharedState::SharedState(shared::Segment& segment, const Clock& clock, Logger& logger)
    : counters(segment),
      rate_limits(segment, clock),
      bus(segment, [this] { watch(); }),
      cache(segment, clock, changes_, [this] { watch(); }),
      jobs(segment, clock, logger, changes_, [this] { watch(); }),
      segment_(segment) {}

void SharedState::begin(asio::io_context& io) {
  {
    const std::lock_guard lock(mutex_);
    bell_ = std::make_unique<Bell>(io, segment_.bell(), [this] { look(); });
    if (wanted_) bell_->start();
  }
  jobs.begin(io);
}

void SharedState::watch() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  if (bell_) bell_->start();
}

void SharedState::look() noexcept {
  bus.deliver();
  changes_.wake_all();
}

void SharedState::close() noexcept {
  bus.close();
  changes_.close();
  if (bell_) bell_->stop();
}

SharedState::~SharedState() {
  if (segment_.claims().give_back_all_of(::getpid())) segment_.ring();
}

}  // namespace ropeway::server
