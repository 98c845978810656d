#include "core/src/shared/robust_mutex.hpp"

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

namespace ropeway::shared {
namespace {

// In memory of its own that children share.
struct SharedMutex {
  SharedMutex()
      : mutex(static_cast<RobustMutex*>(::mmap(nullptr, sizeof(RobustMutex), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    mutex->make();
  }
  ~SharedMutex() { ::munmap(mutex, sizeof(RobustMutex)); }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  RobustMutex* mutex;
};

bool can_take(RobustMutex& mutex) {
  const RobustLock lock(mutex);
  return static_cast<bool>(lock);
}

// A child that has taken the mutex, and stands still.
pid_t holder(RobustMutex& mutex) {
  const pid_t child = ::fork();
  if (child == 0) {
    const RobustLock lock(mutex);
    ::raise(SIGSTOP);
    if (lock) ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  REQUIRE(WIFSTOPPED(status));
  return child;
}

void kill_and_wait(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("the one who takes a mutex after its owner's death is told, once") {
  const SharedMutex shared;
  kill_and_wait(holder(*shared.mutex));
  {
    const RobustLock lock(*shared.mutex);
    CHECK(static_cast<bool>(lock));
    CHECK(lock.owner_died());
  }
  const RobustLock lock(*shared.mutex);
  CHECK(static_cast<bool>(lock));
  CHECK_FALSE(lock.owner_died());
}

TEST_CASE("of an owner that stands still, one waits, then nobody, until it goes on") {
  const SharedMutex shared;
  const pid_t child = holder(*shared.mutex);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(can_take(*shared.mutex));
  CHECK(std::chrono::steady_clock::now() - begin >= RobustMutex::patience);
  const auto second = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(can_take(*shared.mutex));
  CHECK(std::chrono::steady_clock::now() - second < 1000 * RobustMutex::patience / 2);
  kill_and_wait(child);
  CHECK(can_take(*shared.mutex));
}

}  // namespace
}  // namespace ropeway::shared
