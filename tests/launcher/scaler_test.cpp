#include "launcher/src/scaler.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace ropeway::launcher;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Notes the same share again and again for a while, obeys, and gives the number of workers at its end.
class Load {
 public:
  unsigned lasts(double share, std::chrono::milliseconds length, bool shared = false) {
    for (const auto end = now_ + length; now_ < end; now_ += Scaler::look_interval) {
      // Work that is shared among more workers makes each of them less busy.
      count_ = scaler_.note(shared ? std::min(1.0, share / count_) : share, count_, 1, 4, now_);
    }
    return count_;
  }

 private:
  Scaler scaler_;
  Scaler::Time now_{seconds(1000)};
  unsigned count_ = 1;
};

}  // namespace

TEST_CASE("busy workers get company, one after another, up to the most there may be") {
  Load load;
  CHECK(load.lasts(0.6, seconds(60)) == 1);
  CHECK(load.lasts(1, milliseconds(500)) == 1);  // not for a moment's load
  CHECK(load.lasts(1, seconds(2)) == 2);
  CHECK(load.lasts(1, seconds(2)) == 3);
  CHECK(load.lasts(1, seconds(60)) == 4);
}

TEST_CASE("there are as many as the work needs, and the number does not go to and fro") {
  Load load;
  CHECK(load.lasts(1.6, seconds(30), true) == 3);
  CHECK(load.lasts(1.6, seconds(600), true) == 3);
  CHECK(load.lasts(1.1, seconds(600), true) == 3);
}

TEST_CASE("workers that nobody needs go, slowly, down to the fewest there may be") {
  Load load;
  REQUIRE(load.lasts(1, seconds(60)) == 4);
  CHECK(load.lasts(0.1, seconds(20)) == 4);
  CHECK(load.lasts(0.1, milliseconds(13'500)) == 3);
  CHECK(load.lasts(0.1, seconds(10)) == 1);
  CHECK(load.lasts(0, seconds(100)) == 1);
}

TEST_CASE("a number outside of the bounds comes back into them") {
  Scaler scaler;
  const Scaler::Time now{seconds(1)};
  CHECK(scaler.note(0.5, 9, 2, 4, now) == 4);
  CHECK(scaler.note(0.5, 1, 2, 4, now + milliseconds(1)) == 2);
}

TEST_CASE("a process's CPU time grows with what it computes") {
  const auto before = cpu_time(::getpid());
  volatile unsigned sum = 0;
  while (cpu_time(::getpid()) < before + milliseconds(30)) {
    for (unsigned i = 0; i < 100'000; ++i) sum = sum + i;
  }
  CHECK(cpu_time(::getpid()) > before);
  CHECK(cpu_time(0).count() == 0);
}
