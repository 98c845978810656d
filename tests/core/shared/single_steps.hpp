#pragma once

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sanitizers.hpp"

namespace ropeway::testing {

/// After how many instructions the next death is to be: `stride` later than the last one, or, in a build whose sanitizer makes a hundred
/// instructions of one, four times as late.
constexpr int later(int steps, int stride) { return steps + (under_address_sanitizer && 3 * steps > stride ? 3 * steps : stride); }

/// Runs `work` in a child process and kills it after `steps` instructions of it. Says whether it had come to its end before; nothing is left
/// of the child either way. `process`: gets its number.
template <class Work>
bool killed_after(int steps, const Work& work, pid_t* process = nullptr) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    work();
    ::_exit(0);
  }
  if (process != nullptr) *process = child;
  int status = 0;
  ::waitpid(child, &status, 0);
  for (; steps > 0 && WIFSTOPPED(status); --steps) {
    ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
  }
  if (!WIFSTOPPED(status)) return true;
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return false;
}

}  // namespace ropeway::testing
