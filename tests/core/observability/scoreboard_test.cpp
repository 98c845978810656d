#include "core/src/observability/scoreboard.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

using ropeway::observability::Scoreboard;
using ropeway::observability::WorkerState;

TEST_CASE("a new scoreboard has a row of zeros for each worker") {
  Scoreboard board(3, 2);
  REQUIRE(board.size() == 3);
  for (std::size_t i = 0; i < board.size(); ++i) {
    CHECK(board[i].pid == 0);
    CHECK(board[i].state == WorkerState::gone);
    CHECK(board[i].requests == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(&board[i]) % 64 == 0);
  }
}

TEST_CASE("what a child writes is read by its parent, also after the child's end") {
  Scoreboard board(2, 2);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    board[1].pid = static_cast<std::int32_t>(::getpid());
    board[1].state = WorkerState::ready;
    board[1].requests += 41;
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(board[1].pid == child);
  CHECK(board[1].state == WorkerState::ready);
  CHECK(board[1].requests == 41);
  CHECK(board[0].requests == 0);
}

TEST_CASE("a scoreboard without workers has no rows") { CHECK(Scoreboard(0, 3).size() == 0); }
