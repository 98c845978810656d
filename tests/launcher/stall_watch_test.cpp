#include "launcher/src/stall_watch.hpp"

#include <doctest/doctest.h>

#include <array>

namespace {

using namespace ropeway::launcher;
using namespace std::chrono_literals;
using ropeway::config::StallConfig;
using ropeway::observability::Activity;
using ropeway::observability::ThreadSlot;
using ropeway::observability::WorkerRow;

TEST_CASE("a loop that has connections and does not turn is stalled, and in the end hopeless") {
  const StallConfig policy{1s, 250ms, 60s};
  WorkerRow row;
  CHECK(loop_state(row, {}, policy, 100s) == LoopState::turns);  // it has nothing to do
  row.connections = 1;
  CHECK(loop_state(row, {}, policy, 100s) == LoopState::turns);  // it has only just begun
  row.turned = 100'000;
  CHECK(loop_state(row, {}, policy, 100s) == LoopState::turns);
  CHECK(loop_state(row, {}, policy, 100s + 499ms) == LoopState::turns);
  CHECK(loop_state(row, {}, policy, 100s + 500ms) == LoopState::stalled);
  CHECK(loop_state(row, {}, policy, 160s + 249ms) == LoopState::stalled);
  CHECK(loop_state(row, {}, policy, 160s + 250ms) == LoopState::hopeless);
  row.connections = 0;
  CHECK(loop_state(row, {}, policy, 200s) == LoopState::turns);
}

TEST_CASE("without stall.kill no loop is hopeless") {
  WorkerRow row;
  row.connections = 1;
  row.turned = 1;
  CHECK(loop_state(row, {}, StallConfig{1s, 250ms, 0ms}, 24h) == LoopState::stalled);
}

TEST_CASE("a loop all of whose threads are inside handlers is stalled, also where it has no connections") {
  const StallConfig policy{1s, 250ms, 60s};
  const WorkerRow row;
  std::array<ThreadSlot, 2> threads;
  threads[0].begin(Activity(), 100s);
  CHECK(loop_state(row, threads, policy, 200s) == LoopState::turns);
  threads[1].begin(Activity(), 150s);
  CHECK(loop_state(row, threads, policy, 150s + 249ms) == LoopState::turns);
  CHECK(loop_state(row, threads, policy, 150s + 250ms) == LoopState::stalled);
  CHECK(loop_state(row, threads, policy, 210s) == LoopState::hopeless);
  threads[0].end();
  CHECK(loop_state(row, threads, policy, 210s) == LoopState::turns);
}

}  // namespace
