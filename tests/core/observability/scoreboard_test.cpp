#include "core/src/observability/scoreboard.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "core/src/server/thread_meter.hpp"

using ropeway::observability::Scoreboard;
using ropeway::observability::WorkerState;

TEST_CASE("a new scoreboard has a row of zeros for each worker") {
  Scoreboard board({.workers = 3, .io_threads = 2});
  REQUIRE(board.size() == 3);
  for (std::size_t i = 0; i < board.size(); ++i) {
    CHECK(board[i].pid == 0);
    CHECK(board[i].state == WorkerState::gone);
    CHECK(board[i].accepted == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(&board[i]) % 64 == 0);
  }
}

TEST_CASE("what a child writes is read by its parent, also after the child's end") {
  Scoreboard board({.workers = 2, .io_threads = 2});
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    board[1].pid = static_cast<std::int32_t>(::getpid());
    board[1].state = WorkerState::ready;
    board[1].accepted += 41;
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(board[1].pid == child);
  CHECK(board[1].state == WorkerState::ready);
  CHECK(board[1].accepted == 41);
  CHECK(board[0].accepted == 0);
}

TEST_CASE("counters are of one worker, one thread and one route, and those beyond what is counted alone are together") {
  using ropeway::observability::most_counted_routes;
  Scoreboard board({.workers = 2, .io_threads = 2, .pool_threads = 1, .routes = most_counted_routes + 10});
  REQUIRE(board.counted_routes() == most_counted_routes);
  CHECK(board.threads(1).size() == 3);
  ropeway::server::ThreadMeter first;
  ropeway::server::ThreadMeter second;
  const auto routes = board.route_counters(1);
  REQUIRE(routes.size() == 2 * (most_counted_routes + 1));
  first.attach(&board.counters(1)[0], routes.first(routes.size() / 2));
  second.attach(&board.counters(1)[1], routes.last(routes.size() / 2));
  first.begin();
  first.begin();
  first.start();
  first.answered(7);
  first.answered(7);
  first.sent();
  first.end_answered();
  second.end();  // the other one ended elsewhere
  second.begin();
  second.answered(UINT32_MAX, std::chrono::steady_clock::now() - std::chrono::seconds(1));
  second.server_error();
  CHECK(board.totals(0).requests == 0);
  CHECK(board.totals(1).requests == 1);
  CHECK(board.totals(1).server_errors == 1);
  CHECK(board.totals(1).in_flight == 1);
  CHECK(board.latency(1, 7).count() == 2);
  CHECK(board.latency(1, 6).count() == 0);
  CHECK(board.latency(1, most_counted_routes).quantile(0.5) > std::chrono::milliseconds(900));
  CHECK(board.latency(1).count() == 3);
  CHECK(board.latency(0).count() == 0);
  board.forget_counts(1);
  CHECK(board.latency(1).count() == 0);
  CHECK(board.totals(1).in_flight == 0);
  first.start();
  first.answered(7);
  first.sent();
  CHECK(board.latency(1).count() == 1);
}

TEST_CASE("a scoreboard without workers has no rows") { CHECK(Scoreboard({.workers = 0}).size() == 0); }
