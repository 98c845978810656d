#include "core/src/shared/message_ring.hpp"

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "tests/core/shared/single_steps.hpp"

namespace ropeway::shared {
namespace {

// A ring in memory that children share.
class Ring {
 public:
  explicit Ring(std::size_t capacity = 65'536)
      : bytes_(MessageRing::bytes(capacity) + sizeof(RobustMutex)),
        memory_(static_cast<std::byte*>(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))),
        ring(memory_, capacity, *reinterpret_cast<RobustMutex*>(memory_ + MessageRing::bytes(capacity))) {
    reinterpret_cast<RobustMutex*>(memory_ + MessageRing::bytes(capacity))->make();
  }
  ~Ring() { ::munmap(memory_, bytes_); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  bool publish(std::string_view topic, std::string_view payload) {
    return ring.publish(topic, payload, [this] { ++woken; });
  }

  int woken = 0;

 private:
  std::size_t bytes_;
  std::byte* memory_;

 public:
  MessageRing ring;
};

TEST_CASE("messages come whole and in their order, to each reader from where it began") {
  Ring shared;
  shared.publish("before", "not seen");
  auto one = shared.ring.at_end();
  CHECK_FALSE(shared.ring.read(one).has_value());
  shared.publish("topic", "first");
  auto other = shared.ring.at_end();
  shared.publish("", "");
  shared.publish("t", std::string("with a zero \0 byte", 18));
  CHECK(shared.ring.read(one)->payload == "first");
  CHECK(shared.ring.read(other)->payload.empty());
  CHECK(shared.ring.read(one)->topic.empty());
  CHECK(shared.ring.read(one)->payload == std::string("with a zero \0 byte", 18));
  CHECK_FALSE(shared.ring.read(one).has_value());
  CHECK(one.lost == 0);
}

TEST_CASE("who is too slow loses the oldest messages, and learns how many") {
  Ring shared(4096);
  auto slow = shared.ring.at_end();
  shared.publish("t", "0");
  CHECK(shared.ring.read(slow)->payload == "0");
  for (int i = 1; i <= 1000; ++i) REQUIRE(shared.publish("t", std::to_string(i)));
  int next = 0;
  int read = 0;
  while (const auto message = shared.ring.read(slow)) {
    if (read == 0) next = std::stoi(message->payload);
    CHECK(message->payload == std::to_string(next++));
    ++read;
  }
  CHECK(next == 1001);
  CHECK(read > 50);
  CHECK(slow.lost == static_cast<std::uint64_t>(1000 - read));
}

TEST_CASE("a message past the largest is refused; of every size up to it, each arrives") {
  Ring shared(4096);
  auto cursor = shared.ring.at_end();
  for (std::size_t size = 0; size <= shared.ring.largest(); ++size) {
    const std::string payload(size, static_cast<char>('a' + size % 26));
    REQUIRE(shared.publish("", payload));
    REQUIRE(shared.ring.read(cursor)->payload == payload);
  }
  CHECK_FALSE(shared.publish("", std::string(shared.ring.largest() + 1, 'x')));
  CHECK(cursor.lost == 0);
}

TEST_CASE("whoever sleeps is woken once") {
  Ring shared;
  shared.publish("t", "1");
  CHECK(shared.woken == 0);
  shared.ring.sleep();
  shared.publish("t", "2");
  shared.publish("t", "3");
  CHECK(shared.woken == 1);
}

TEST_CASE("readers beside writers that are killed see whole messages, and of each writer in its order") {
  Ring shared(std::size_t{1} << 20U);
  auto cursor = shared.ring.at_end();
  std::size_t read = 0;
  for (int round = 0; round < testing::repeats(20); ++round) {
    std::vector<pid_t> children;
    for (int child = 0; child < 2; ++child) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        for (int i = 0;; ++i) {
          const std::string number = std::to_string(i);
          std::string payload = number + " ";
          while (payload.size() < static_cast<std::size_t>(i % 3000)) payload += number;
          shared.publish(std::to_string(::getpid()), payload);
        }
      }
      children.push_back(pid);
    }
    std::map<std::string, int> last;
    for (int i = 0; i < 300;) {
      const auto message = shared.ring.read(cursor);
      if (!message) continue;
      ++i;
      ++read;
      const std::size_t space = message->payload.find(' ');
      REQUIRE(space != std::string::npos);
      const std::string number = message->payload.substr(0, space);
      for (std::size_t at = space + 1; at < message->payload.size(); at += number.size())
        REQUIRE(message->payload.compare(at, number.size(), number) == 0);
      const int value = std::stoi(number);
      const auto before = last.find(message->topic);
      if (before != last.end()) REQUIRE(value > before->second);
      last[message->topic] = value;
    }
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
  CHECK(read == testing::repeats(20) * 300);
}

TEST_CASE("a writer that is killed between any two instructions leaves its message or none, and the next one wakes who sleeps") {
  Ring shared(4096);
  auto cursor = shared.ring.at_end();
  int deaths = 0;
  for (int steps = 0;; steps = testing::later(steps, 11)) {
    const bool ended = testing::killed_after(steps, [&] { shared.publish("topic", "from one that dies"); });
    shared.ring.sleep();
    const int before = shared.woken;
    REQUIRE(shared.publish("topic", "after"));
    REQUIRE(shared.woken == before + 1);
    auto message = shared.ring.read(cursor);
    REQUIRE(message.has_value());
    if (message->payload == "from one that dies") message = shared.ring.read(cursor);
    REQUIRE(message->payload == "after");
    REQUIRE_FALSE(shared.ring.read(cursor).has_value());
    if (ended) break;
    ++deaths;
  }
  CHECK(deaths > 5);
}

}  // namespace
}  // namespace ropeway::shared
