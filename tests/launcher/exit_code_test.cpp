#include "launcher/src/exit_code.hpp"

#include <doctest/doctest.h>
#include <signal.h>

TEST_CASE("how a process ended is told in words") {
  using ropeway::launcher::describe_end;
  CHECK(describe_end(0) == "exited with code 0");
  CHECK(describe_end(3 << 8) == "exited with code 3");
  CHECK(describe_end(SIGKILL) == "was killed by SIGKILL");
  CHECK(describe_end(SIGSEGV | 0x80) == "was killed by SIGSEGV (core dumped)");
}
