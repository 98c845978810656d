#include "launcher/src/exit_code.hpp"

#include <sys/wait.h>

#include <cstring>

namespace ropeway::launcher {

std::string describe_end(int wait_status) {
  if (WIFEXITED(wait_status)) return "exited with code " + std::to_string(WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  const char* name = ::sigabbrev_np(number);
  std::string text = "was killed by " + (name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(number));
  if (WCOREDUMP(wait_status)) text += " (core dumped)";
  return text;
}

}  // namespace ropeway::launcher
