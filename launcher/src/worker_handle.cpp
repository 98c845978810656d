#include "launcher/src/worker_handle.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ropeway::launcher {

void WorkerHandle::started(pid_t pid, Descriptor commands, Descriptor words, Time now) noexcept {
  pid_ = pid;
  state_ = State::starting;
  first_ = !tried_;
  tried_ = true;
  was_ready_ = false;
  stopped_ = stalled_ = left_ = false;
  commands_ = std::move(commands);
  words_ = std::move(words);
  ::fcntl(words_.get(), F_SETFL, O_NONBLOCK);
  started_ = now;
  next_start_.reset();
}

bool WorkerHandle::read_words() noexcept {
  bool became_ready = false;
  for (;;) {
    char byte = 0;
    const ssize_t size = ::read(words_.get(), &byte, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return became_ready;
    if (size != 1) {
      words_.close();  // it is dying
      return became_ready;
    }
    switch (static_cast<Word>(byte)) {
      case Word::ready:
        became_ready = was_ready_ = true;
        if (state_ == State::starting) state_ = State::ready;
        break;
      case Word::draining:
        state_ = State::draining;
        left_ = true;
        break;
    }
  }
}

void WorkerHandle::ended(Time now, bool planned) noexcept {
  if (planned || now - started_ >= (was_ready_ ? failing_within_once_ready : failing_within)) {
    failures_ = 0;
  } else {
    ++failures_;
  }
  std::chrono::seconds delay{0};
  if (failures_ > 1) delay = std::min(longest_delay, first_delay * (1 << std::min(failures_ - 2, 5U)));
  state_ = State::gone;
  pid_ = 0;
  commands_.close();
  words_.close();
  retires_until_.reset();
  if (!retired_) next_start_ = now + delay;
}

void WorkerHandle::retire(Time deadline) noexcept {
  if (std::exchange(retired_, true)) return;
  next_start_.reset();
  if (!alive()) return;
  retires_until_ = deadline;
  send(Command::retire);
}

bool WorkerHandle::is_overdue(Time now) noexcept {
  if (!alive() || !retires_until_ || now < *retires_until_) return false;
  retires_until_.reset();
  return true;
}

void WorkerHandle::renew(Time deadline) noexcept {
  if (!alive() || retired_) return;
  retires_until_ = deadline;
  send(Command::retire);
}

void WorkerHandle::take_back(Time now) noexcept {
  retired_ = false;
  if (!alive() && !next_start_) next_start_ = now;
}

void WorkerHandle::could_not_start(Time now) noexcept {
  tried_ = true;
  was_ready_ = false;
  started_ = now;
  ended(now, false);
}

void WorkerHandle::send(Command command) noexcept {
  if (!alive()) return;
  if (command == Command::drain || command == Command::retire) state_ = State::draining;
  const char byte = static_cast<char>(command);
  write_all(commands_.get(), &byte, 1);
}

}  // namespace ropeway::launcher
