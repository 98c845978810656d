#include "launcher/src/black_box.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/src/server/activity.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::observability::Scoreboard;
using ropeway::observability::StackRecord;

[[gnu::noinline]] void die(int signal) {
  ::raise(signal);
  ::_exit(0);
}

// Has a child keep a record and run `end`; gives how it ended.
template <class End>
int end_of_child(Scoreboard& board, End end) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGABRT}) ::signal(signal, SIG_DFL);  // doctest handles them, and sanitizers
    keep_crash_record(board.crash(0), board.threads(0));
    end();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("a process that dies of a signal leaves which thread it was, and where") {
  for (const int signal : {SIGSEGV, SIGABRT}) {
    Scoreboard board({.workers = 1, .io_threads = 4});
    const int status = end_of_child(board, [&] {
      ropeway::server::set_thread_slot(&board.threads(0)[2]);
      die(signal);
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK(board.crash(0).signal == signal);
    CHECK(board.crash(0).thread == 2);
    std::string frames;
    for (const std::string& frame : frames_of(board.crash(0))) frames += frame + "\n";
    CHECK(frames.find("die(int)") != std::string::npos);
  }
}

TEST_CASE("a thread without a slot is none of the worker's") {
  Scoreboard board({.workers = 1, .io_threads = 4});
  const int status = end_of_child(board, [] { die(SIGABRT); });
  REQUIRE(WIFSIGNALED(status));
  CHECK(board.crash(0).thread == UINT32_MAX);
}

TEST_CASE("a process that is killed leaves nothing") {
  Scoreboard board({.workers = 1, .io_threads = 1});
  const int status = end_of_child(board, [] { ::kill(::getpid(), SIGKILL); });
  REQUIRE(WIFSIGNALED(status));
  CHECK(board.crash(0).signal == 0);
  CHECK(frames_of(board.crash(0)).empty());
}

TEST_CASE("frames that repeat are told once, with how often") {
  StackRecord record;
  record.frames[0] = 0x10;
  for (std::size_t i = 1; i < 6; ++i) record.frames[i] = 0x20;
  record.frames[6] = 0x31;
  record.frame_count = 7;
  CHECK(frames_of(record) == std::vector<std::string>{"0x10", "0x1f, 5 times", "0x30"});
}

}  // namespace
