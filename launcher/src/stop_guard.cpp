#include "launcher/src/stop_guard.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

using Time = std::chrono::steady_clock::time_point;

int milliseconds_until(Time deadline) {
  if (deadline == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

StopGuard::StopGuard(SignalDescriptor& signals, std::chrono::milliseconds drain, Obey obey)
    : signals_(signals), drain_(drain), obey_(std::move(obey)), news_(make_pipe()), deadline_(Time::max()), thread_([this] { watch(); }) {}

StopGuard::~StopGuard() {
  news_.write.close();
  thread_.join();
}

void StopGuard::finish() noexcept {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  const char mark = 0;
  write_all(news_.write.get(), &mark, 1);
}

void StopGuard::watch() {
  std::array<pollfd, 2> sources{pollfd{signals_.get(), POLLIN, 0}, pollfd{news_.read.get(), POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(sources.data(), sources.size(), milliseconds_until(deadline_));
    if (ready < 0 && errno != EINTR) return;
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline_) {
      std::fputs("ropeway: handlers do not return; the process ends without them\n", stderr);
      ::_exit(exit_code::success);
    }
    if (ready <= 0) continue;
    if (sources[1].revents != 0) {
      char mark = 0;
      if (::read(news_.read.get(), &mark, 1) == 0) return;
      deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + patience);
    }
    if (sources[0].revents != 0) take();
  }
}

void StopGuard::take() {
  for (const SignalAction action : signals_.take()) {
    const auto now = std::chrono::steady_clock::now();
    if (action == SignalAction::stop) deadline_ = std::min(deadline_, now + patience);
    if (action == SignalAction::drain) deadline_ = std::min(deadline_, now + drain_ + patience);
    const std::lock_guard lock(mutex_);
    if (!finished_) obey_(action);
  }
}

}  // namespace ropeway::launcher
