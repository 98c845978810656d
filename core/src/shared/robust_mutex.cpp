#include "core/src/shared/robust_mutex.hpp"

#include <time.h>

#include <cerrno>
#include <system_error>

namespace ropeway::shared {
namespace {

#ifdef __SANITIZE_THREAD__  // whose library of GCC 12 does not know of the other function
constexpr clockid_t wait_clock = CLOCK_REALTIME;
int wait_until(pthread_mutex_t& mutex, const timespec& until) noexcept { return ::pthread_mutex_timedlock(&mutex, &until); }
#else
constexpr clockid_t wait_clock = CLOCK_MONOTONIC;
int wait_until(pthread_mutex_t& mutex, const timespec& until) noexcept { return ::pthread_mutex_clocklock(&mutex, wait_clock, &until); }
#endif

}  // namespace

void RobustMutex::make() {
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int error = ::pthread_mutex_init(&mutex_, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "a mutex of the shared memory");
  stuck_.store(0, std::memory_order_relaxed);
}

RobustLock::RobustLock(RobustMutex& mutex) noexcept : mutex_(mutex) {
  int result = ::pthread_mutex_trylock(&mutex.mutex_);
  if (result == EBUSY && mutex.stuck_.load(std::memory_order_relaxed) == 0) {
    timespec until{};
    ::clock_gettime(wait_clock, &until);
    constexpr long second = 1'000'000'000;
    until.tv_nsec += std::chrono::nanoseconds(RobustMutex::patience).count();
    until.tv_sec += until.tv_nsec / second;
    until.tv_nsec %= second;
    result = wait_until(mutex.mutex_, until);
    if (result == ETIMEDOUT) mutex.stuck_.store(1, std::memory_order_relaxed);
  }
  if (result == EOWNERDEAD) {
    ::pthread_mutex_consistent(&mutex.mutex_);
    owner_died_ = true;
    result = 0;
  }
  held_ = result == 0;
  if (held_ && mutex.stuck_.load(std::memory_order_relaxed) != 0) mutex.stuck_.store(0, std::memory_order_relaxed);
}

RobustLock::~RobustLock() {
  if (held_) ::pthread_mutex_unlock(&mutex_.mutex_);
}

}  // namespace ropeway::shared
