#include "launcher/src/worker_handle.hpp"

#include <algorithm>
#include <cerrno>

namespace ropeway::launcher {

void WorkerHandle::started(pid_t pid, Descriptor commands, Descriptor ready, Time now) noexcept {
  pid_ = pid;
  state_ = State::starting;
  tried_ = true;
  was_ready_ = false;
  commands_ = std::move(commands);
  ready_ = std::move(ready);
  started_ = now;
  next_start_.reset();
}

bool WorkerHandle::read_ready() noexcept {
  char mark = 0;
  const ssize_t size = ::read(ready_.get(), &mark, 1);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  ready_.close();  // it has said what it has to say, or it is dying
  if (size != 1 || mark != ready_mark) return false;
  was_ready_ = true;
  if (state_ == State::starting) state_ = State::ready;
  return true;
}

void WorkerHandle::ended(Time now) noexcept {
  failures_ = now - started_ < failing_within ? failures_ + 1 : 0;
  std::chrono::seconds delay{0};
  if (failures_ > 1) delay = std::min(longest_delay, first_delay * (1 << std::min(failures_ - 2, 5U)));
  state_ = State::gone;
  pid_ = 0;
  commands_.close();
  ready_.close();
  next_start_ = now + delay;
}

void WorkerHandle::could_not_start(Time now) noexcept {
  tried_ = true;
  started_ = now;
  ended(now);
}

void WorkerHandle::send(Command command) noexcept {
  if (!alive()) return;
  if (command == Command::drain) state_ = State::draining;
  const char byte = static_cast<char>(command);
  write_all(commands_.get(), &byte, 1);
}

}  // namespace ropeway::launcher
