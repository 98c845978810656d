#include "launcher/src/worker_handle.hpp"

#include <doctest/doctest.h>
#include <ropeway/testing/fake_clock.hpp>

#include <vector>

namespace worker_handle_test {
namespace {

using namespace ropeway::launcher;
using namespace std::chrono_literals;

struct Ends {
  Pipe commands = make_pipe();
  Pipe words = make_pipe();
};

void start(WorkerHandle& worker, Ends& ends, WorkerHandle::Time now) {
  worker.started(4711, std::move(ends.commands.write), std::move(ends.words.read), now);
}

void say(const Ends& ends, Word word) {
  const char byte = static_cast<char>(word);
  REQUIRE(write_all(ends.words.write.get(), &byte, 1));
}

TEST_CASE("a worker that keeps dying young waits longer and longer for its replacement") {
  ropeway::testing::FakeClock clock;
  WorkerHandle worker(0);
  const std::vector<std::chrono::seconds> delays{0s, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s};
  for (const auto delay : delays) {
    Ends ends;
    start(worker, ends, clock.steady_now());
    CHECK_FALSE(worker.next_start());
    clock.advance(3s);
    worker.ended(clock.steady_now(), false);
    REQUIRE(worker.next_start());
    CHECK(*worker.next_start() - clock.steady_now() == delay);
    clock.advance(delay);
  }
}

TEST_CASE("a worker that lived for ten seconds is replaced at once, and its past is forgotten") {
  ropeway::testing::FakeClock clock;
  WorkerHandle worker(0);
  for (const auto& [life, delay] : {std::pair{9s, 0s}, std::pair{9s, 1s}, std::pair{10s, 0s}, std::pair{1s, 0s}, std::pair{1s, 1s}}) {
    Ends ends;
    start(worker, ends, clock.steady_now());
    clock.advance(life);
    worker.ended(clock.steady_now(), false);
    CHECK(*worker.next_start() - clock.steady_now() == delay);
  }
}

TEST_CASE("of a worker that has served, only an end within a second of its start is a failure") {
  ropeway::testing::FakeClock clock;
  WorkerHandle worker(0);
  for (const auto& [life, delay] :
       {std::pair{1000ms, 0s}, std::pair{1000ms, 0s}, std::pair{999ms, 0s}, std::pair{999ms, 1s}, std::pair{1000ms, 0s}}) {
    Ends ends;
    start(worker, ends, clock.steady_now());
    say(ends, Word::ready);
    REQUIRE(worker.read_words());
    clock.advance(life);
    worker.ended(clock.steady_now(), false);
    CHECK(*worker.next_start() - clock.steady_now() == delay);
  }
}

TEST_CASE("ends that were planned are no failures, however young the worker") {
  ropeway::testing::FakeClock clock;
  WorkerHandle worker(0);
  for (int i = 0; i < 100; ++i) {
    Ends ends;
    start(worker, ends, clock.steady_now());
    clock.advance(1ms);
    worker.ended(clock.steady_now(), true);
    CHECK(*worker.next_start() == clock.steady_now());
  }
}

TEST_CASE("a worker that a signal has stopped does not accept until it goes on") {
  WorkerHandle worker(0);
  Ends ends;
  start(worker, ends, {});
  say(ends, Word::ready);
  REQUIRE(worker.read_words());
  worker.set_stopped(true);
  CHECK_FALSE(worker.accepts());
  CHECK(worker.state() == WorkerHandle::State::ready);
  worker.set_stopped(false);
  CHECK(worker.accepts());
  worker.set_stopped(true);
  worker.ended({}, false);
  Ends next;
  start(worker, next, {});
  say(next, Word::ready);
  REQUIRE(worker.read_words());
  CHECK(worker.accepts());
}

TEST_CASE("a worker that could not be started counts as one that died at once") {
  ropeway::testing::FakeClock clock;
  clock.advance(1h);
  WorkerHandle worker(0);
  CHECK_FALSE(worker.tried());
  worker.could_not_start(clock.steady_now());
  CHECK(worker.tried());
  CHECK(*worker.next_start() == clock.steady_now());
  worker.could_not_start(clock.steady_now());
  CHECK(*worker.next_start() == clock.steady_now() + 1s);
}

TEST_CASE("a worker is ready when its pipe says so, and only then") {
  const WorkerHandle::Time now{};
  WorkerHandle worker(2);
  Ends ends;
  start(worker, ends, now);
  CHECK(worker.state() == WorkerHandle::State::starting);
  CHECK_FALSE(worker.read_words());
  CHECK_FALSE(worker.accepts());
  say(ends, Word::ready);
  CHECK(worker.read_words());
  CHECK(worker.state() == WorkerHandle::State::ready);
  CHECK(worker.accepts());
  say(ends, Word::draining);
  CHECK_FALSE(worker.read_words());
  CHECK(worker.state() == WorkerHandle::State::draining);
  CHECK_FALSE(worker.accepts());
  CHECK(worker.was_ready());

  WorkerHandle silent(3);
  Ends others;
  start(silent, others, now);
  others.words.write.close();
  CHECK_FALSE(silent.read_words());
  CHECK(silent.words_descriptor() == -1);
  CHECK(silent.state() == WorkerHandle::State::starting);
}

TEST_CASE("only a slot's first process begins") {
  const WorkerHandle::Time now{};
  WorkerHandle worker(0);
  CHECK(worker.begins(now));
  Ends ends;
  start(worker, ends, now);
  CHECK(worker.begins(now));
  CHECK(worker.begins(now + 4s));
  CHECK_FALSE(worker.begins(now + 5s));
  say(ends, Word::ready);
  REQUIRE(worker.read_words());
  CHECK_FALSE(worker.begins(now));
  worker.ended({}, false);
  CHECK_FALSE(worker.begins(now));
  Ends next;
  start(worker, next, now);
  CHECK_FALSE(worker.begins(now));
}

TEST_CASE("a worker that retires is not replaced, unless it is taken back, and has a deadline") {
  ropeway::testing::FakeClock clock;
  for (const bool taken_back : {false, true}) {
    CAPTURE(taken_back);
    WorkerHandle worker(0);
    Ends ends;
    start(worker, ends, clock.steady_now());
    CHECK_FALSE(worker.has_left());
    const auto deadline = clock.steady_now() + 30s;
    worker.retire(deadline);
    worker.retire(deadline + 1min);  // once is enough
    CHECK(worker.state() == WorkerHandle::State::draining);
    CHECK(worker.retires_until() == deadline);
    CHECK_FALSE(worker.is_overdue(clock.steady_now()));
    CHECK_FALSE(worker.has_left());
    say(ends, Word::draining);
    CHECK_FALSE(worker.read_words());
    CHECK(worker.has_left());
    CHECK(worker.is_overdue(deadline));
    CHECK_FALSE(worker.is_overdue(deadline));  // it was told
    if (taken_back) worker.take_back(clock.steady_now());
    worker.ended(clock.steady_now(), true);
    CHECK(worker.has_left());
    CHECK(worker.next_start().has_value() == taken_back);
  }
}

TEST_CASE("a worker that has retired and ended starts again at once when it is taken back") {
  ropeway::testing::FakeClock clock;
  WorkerHandle worker(0);
  worker.retire(clock.steady_now());
  CHECK_FALSE(worker.next_start());
  worker.take_back(clock.steady_now());
  CHECK(worker.next_start() == clock.steady_now());
}

TEST_CASE("commands arrive as bytes, and a dead worker is sent none") {
  WorkerHandle worker(0);
  Ends ends;
  start(worker, ends, {});
  worker.send(Command::reopen);
  worker.send(Command::drain);
  CHECK(worker.state() == WorkerHandle::State::draining);
  char bytes[3] = {};
  CHECK(::read(ends.commands.read.get(), bytes, sizeof bytes) == 2);
  CHECK(std::string(bytes) == "rd");
  worker.ended({}, false);
  worker.send(Command::stop);
  CHECK(worker.state() == WorkerHandle::State::gone);
  CHECK(::read(ends.commands.read.get(), bytes, sizeof bytes) == 0);  // the supervisor's end is closed
}

}  // namespace

}  // namespace worker_handle_test
