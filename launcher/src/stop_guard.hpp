#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/signals.hpp"

namespace ropeway::launcher {

/// Takes the signals of a process that has no supervisor, on a thread of its own: the event loop's threads may all be held by handlers
/// that do not return, and nobody else could end the process. Where it has not ended a while after it was told to, it is ended.
class StopGuard {
 public:
  using Obey = std::function<void(SignalAction)>;
  /// `signals` outlives it. `obey` is called on its thread, until `finish`. `drain`: how long requests may take after SIGTERM.
  StopGuard(SignalDescriptor& signals, std::chrono::milliseconds drain, Obey obey);
  ~StopGuard();
  StopGuard(const StopGuard&) = delete;
  StopGuard& operator=(const StopGuard&) = delete;

  /// From now on no signal is obeyed, and the process has `patience` to end.
  void finish() noexcept;

  static constexpr std::chrono::milliseconds patience{1000};

 private:
  void watch();
  void take();

  SignalDescriptor& signals_;
  std::chrono::milliseconds drain_;
  Obey obey_;
  Pipe news_;  // a byte: `finish`; its end: the thread ends
  std::mutex mutex_;
  bool finished_ = false;                           // guarded by `mutex_`
  std::chrono::steady_clock::time_point deadline_;  // of the thread alone
  std::thread thread_;
};

}  // namespace ropeway::launcher
