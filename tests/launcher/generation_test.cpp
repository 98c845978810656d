#include "launcher/src/generation.hpp"

#include <doctest/doctest.h>

namespace generation_test {
namespace {

using namespace ropeway::launcher;
using namespace std::chrono_literals;

const Generation::Time begin{1h};
constexpr char ready = static_cast<char>(Word::ready);

// Starts every slot that is due, as process 100 + slot; gives how many there were.
int start_due(Generation& generation, Generation::Time now) {
  int count = 0;
  while (WorkerHandle* worker = generation.due(now)) {
    worker->started(static_cast<pid_t>(100 + worker->slot()), make_pipe().write, make_pipe().read, now);
    ++count;
  }
  return count;
}

void make_ready(Generation& generation, WorkerHandle& worker, Generation::Time now) {
  Pipe words = make_pipe();
  worker.started(worker.pid(), make_pipe().write, std::move(words.read), now);
  write_all(words.write.get(), &ready, 1);
  REQUIRE(worker.read_words());
  generation.became_ready();
}

TEST_CASE("every slot is started at once, and found again by its process") {
  Generation generation(1, 3, 3, 3);
  generation.start_all(begin);
  CHECK(generation.next_start() == begin);
  CHECK(start_due(generation, begin) == 3);
  CHECK_FALSE(generation.next_start());
  REQUIRE(generation.find(101) != nullptr);
  CHECK(generation.find(101)->slot() == 1);
  CHECK(generation.find(7) == nullptr);
}

TEST_CASE("workers that all end before one was ready are not started again") {
  Generation generation(1, 2, 2, 2);
  generation.start_all(begin);
  start_due(generation, begin);
  generation.find(100)->ended(begin, false);
  CHECK_FALSE(generation.stillborn());
  CHECK_FALSE(generation.next_start());  // the other one may still show that it can be done
  generation.find(101)->ended(begin, false);
  CHECK(generation.stillborn());
  CHECK(generation.due(begin + 1h) == nullptr);
}

TEST_CASE("once one was ready, those that ended are started again") {
  Generation generation(1, 2, 2, 2);
  generation.start_all(begin);
  start_due(generation, begin);
  generation.find(100)->ended(begin, false);
  make_ready(generation, *generation.find(101), begin);
  CHECK_FALSE(generation.stillborn());
  CHECK(generation.due(begin) == &generation.workers()[0]);
  CHECK(start_due(generation, begin) == 1);
  generation.find(101)->ended(begin, false);
  generation.find(100)->ended(begin, false);
  CHECK_FALSE(generation.stillborn());
  CHECK(generation.next_start() == begin);  // slot 1, for the first time
}

TEST_CASE("a generation is ready when each of its workers is") {
  Generation generation(1, 2, 2, 2);
  generation.start_all(begin);
  start_due(generation, begin);
  CHECK_FALSE(generation.all_ready());
  make_ready(generation, *generation.find(100), begin);
  CHECK_FALSE(generation.all_ready());
  make_ready(generation, *generation.find(101), begin);
  CHECK(generation.all_ready());
}

TEST_CASE("where no worker is left, the next one does not wait for its back-off") {
  Generation generation(1, 2, 2, 2);
  generation.start_all(begin);
  auto now = begin;
  for (int round = 0; round < 6; ++round) {  // both keep dying at once
    while (generation.next_start() && *generation.next_start() > now) now = *generation.next_start();
    start_due(generation, now);
    for (WorkerHandle& worker : generation.workers()) {
      if (!worker.alive()) continue;
      make_ready(generation, worker, now);
      worker.ended(now, false);
      generation.one_ended(now);
    }
    REQUIRE(generation.next_start());
    CHECK(*generation.next_start() - now <= Generation::last_delay);
  }
}

TEST_CASE("where others are left, a worker that keeps dying waits") {
  Generation generation(1, 2, 2, 2);
  generation.start_all(begin);
  start_due(generation, begin);
  make_ready(generation, generation.workers()[0], begin);
  for (int round = 0; round < 3; ++round) {
    generation.workers()[1].ended(begin, false);
    generation.one_ended(begin);
    if (round < 2) generation.workers()[1].started(200, make_pipe().write, make_pipe().read, begin);
  }
  CHECK(*generation.next_start() - begin == 2s);
}

TEST_CASE("a generation that is scaled starts further slots, and has the last ones end and not come back") {
  Generation generation(1, 1, 3, 3);
  generation.start_all(begin);
  CHECK(start_due(generation, begin) == 1);
  make_ready(generation, generation.workers()[0], begin);
  generation.scale(3, begin, begin + 1min);
  CHECK(generation.wanted() == 3);
  CHECK(start_due(generation, begin) == 2);
  CHECK_FALSE(generation.all_ready());
  make_ready(generation, generation.workers()[1], begin);
  make_ready(generation, generation.workers()[2], begin);
  CHECK(generation.all_ready());
  generation.scale(1, begin, begin + 1min);
  CHECK(generation.members().size() == 1);
  CHECK(generation.workers()[2].state() == WorkerHandle::State::draining);
  CHECK(generation.workers()[2].retires_until() == begin + 1min);
  generation.workers()[2].ended(begin, true);
  CHECK_FALSE(generation.next_start());
  generation.scale(3, begin, begin + 1min);  // one of them has not ended yet
  CHECK(start_due(generation, begin) == 1);
  generation.workers()[1].ended(begin, true);
  CHECK(start_due(generation, begin) == 1);
}

TEST_CASE("a closed generation replaces nobody") {
  Generation generation(1, 1, 1, 1);
  generation.start_all(begin);
  start_due(generation, begin);
  make_ready(generation, *generation.find(100), begin);
  generation.find(100)->ended(begin + 1min, false);
  CHECK(generation.next_start());
  generation.close();
  CHECK_FALSE(generation.next_start());
  CHECK(generation.none_alive());
}

}  // namespace

}  // namespace generation_test
