#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ropeway::shared {

/// A mutex in memory that processes share. Where its owner dies, the next to take it is told. Where its owner does not go on (a process that
/// SIGSTOP has stopped, or that writes a core dump), nobody waits for long: once one has waited for `patience` in vain, others do not wait
/// at all, until it is free again. A zeroed one is to be made once.
class RobustMutex {
 public:
  static constexpr std::chrono::milliseconds patience{100};

  /// Throws `std::system_error`.
  void make();

 private:
  friend class RobustLock;
  pthread_mutex_t mutex_;
  std::atomic<std::uint32_t> stuck_;
};

/// Holds a `RobustMutex` for a scope, if it can be had.
class [[nodiscard]] RobustLock {
 public:
  explicit RobustLock(RobustMutex& mutex) noexcept;
  ~RobustLock();
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;

  /// False: the owner does not go on. What the mutex guards must be let be.
  explicit operator bool() const noexcept { return held_; }
  /// Whether the owner before has died while it held the mutex.
  [[nodiscard]] bool owner_died() const noexcept { return owner_died_; }

 private:
  RobustMutex& mutex_;
  bool held_ = false;
  bool owner_died_ = false;
};

}  // namespace ropeway::shared
