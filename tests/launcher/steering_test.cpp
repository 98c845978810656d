#include "launcher/src/steering.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <numeric>
#include <string>

#include "launcher/src/descriptor.hpp"
#include "launcher/src/listen_sockets.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::config::ListenAddress;

// What the program gives for each random number, by the rules of classic BPF; only the instructions that it uses.
std::uint32_t run(const std::vector<sock_filter>& program, std::uint32_t random) {
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(step.k == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM));
        accumulator = random;
        break;
      case BPF_ALU | BPF_MOD | BPF_K: accumulator %= step.k; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += accumulator >= step.k ? step.jt : step.jf; break;
      case BPF_RET | BPF_K: return step.k;
      default: FAIL("an instruction that nobody expects");
    }
  }
  FAIL("the program runs past its end");
  return 0;
}

std::vector<unsigned> shares(const std::vector<Weight>& weights) {
  const auto program = steering_program(weights);
  const auto total = std::accumulate(weights.begin(), weights.end(), 0U);
  std::vector<unsigned> counts(weights.size());
  for (std::uint32_t random = 0; random < total; ++random) ++counts.at(run(program, random));
  return counts;
}

// Connections from here, and where each slot's listener finds them.
class Group {
 public:
  explicit Group(unsigned slots) : sockets_({{ListenAddress::Family::ipv4, "127.0.0.1", 0, "", ""}}, slots), slots_(slots) {}
  [[nodiscard]] std::vector<int> groups() const { return sockets_.spread_groups(); }
  [[nodiscard]] std::vector<unsigned> connect(unsigned count) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(sockets_.addresses()[0].port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::vector<Descriptor> clients;
    for (unsigned i = 0; i < count; ++i) {
      clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      REQUIRE(::connect(clients.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    std::vector<unsigned> found(slots_);
    for (unsigned slot = 0; slot < slots_; ++slot) {
      while (Descriptor server{::accept4(sockets_.of_slot(slot)[0].descriptor, nullptr, nullptr, SOCK_CLOEXEC)}) ++found[slot];
    }
    return found;
  }

 private:
  ListenSockets sockets_;
  unsigned slots_;
};

TEST_CASE("the program spreads in the weights' proportions, and gives a slot without weight nothing") {
  CHECK(shares({100, 100}) == std::vector<unsigned>{100, 100});
  CHECK(shares({0, 7, 0, 3}) == std::vector<unsigned>{0, 7, 0, 3});
  CHECK(shares({5}) == std::vector<unsigned>{5});
  const std::vector<Weight> many(1024, 3);
  CHECK(shares(many) == std::vector<unsigned>(1024, 3));
  CHECK(steering_program(many).size() < BPF_MAXINSNS);
}

TEST_CASE("where nobody accepts, the program leaves the choice to the kernel") {
  CHECK(run(steering_program(std::vector<Weight>{0, 0, 0}), 12345) == 0xFFFF'FFFF);
  CHECK(run(steering_program({}), 0) == 0xFFFF'FFFF);
}

TEST_CASE("who accepts gets a share, and who has more connections than the others a smaller one") {
  CHECK(weights_of({}).empty());
  CHECK(weights_of(std::vector<SlotLoad>{{false, 0}, {false, 7}}) == std::vector<Weight>{0, 0});
  CHECK(weights_of(std::vector<SlotLoad>{{true, 50}, {true, 50}}) == std::vector<Weight>{100, 100});
  CHECK(weights_of(std::vector<SlotLoad>{{true, 0}, {false, 900}}) == std::vector<Weight>{100, 0});
  const auto uneven = weights_of(std::vector<SlotLoad>{{true, 100}, {true, 300}});
  CHECK(uneven[0] > full_weight);
  CHECK(uneven[1] < full_weight);
  const auto few = weights_of(std::vector<SlotLoad>{{true, 0}, {true, 2}});
  CHECK(few[0] < 120);  // two connections are no reason
  std::vector<SlotLoad> extreme(8, {true, 0});
  extreme[3].connections = 4'000'000'000;
  std::vector<Weight> bounded(8, 200);
  bounded[3] = 50;
  CHECK(weights_of(extreme) == bounded);
}

TEST_CASE("the kernel sends new connections where the weights say, and follows a change at once") {
  const Group group(3);
  Steering steering(group.groups());
  REQUIRE(steering.steer({100, 0, 0}) == 0);
  CHECK(group.connect(40) == std::vector<unsigned>{40, 0, 0});
  REQUIRE(steering.steer({0, 0, 100}) == 0);
  CHECK(group.connect(40) == std::vector<unsigned>{0, 0, 40});
  REQUIRE(steering.steer({0, 0, 0}) == 0);
  const auto all = group.connect(40);
  CHECK(all[0] + all[1] + all[2] == 40);  // none is lost
  REQUIRE(steering.steer({100, 100, 0}) == 0);
  const auto two = group.connect(200);
  CHECK(two[2] == 0);
  CHECK(two[0] > 50);  // of 200; less has a probability of 1e-13
  CHECK(two[1] > 50);
  CHECK(steering.works());
}

TEST_CASE("small differences are not worth a system call") {
  const Group group(2);
  Steering steering(group.groups());
  REQUIRE(steering.steer({100, 100}) == 0);
  REQUIRE(steering.steer({105, 96}) == 0);
  CHECK(steering.weights() == std::vector<Weight>{100, 100});
  REQUIRE(steering.steer({120, 95}) == 0);
  CHECK(steering.weights() == std::vector<Weight>{120, 95});
  REQUIRE(steering.steer({120, 0}) == 0);
  CHECK(steering.weights() == std::vector<Weight>{120, 0});
}

TEST_CASE("a kernel that refuses is asked once") {
  const Descriptor no_listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Steering steering({no_listener.get()});
  CHECK(steering.steer({100, 100}) != 0);
  CHECK_FALSE(steering.works());
  CHECK(steering.steer({100, 0}) == 0);
}

TEST_CASE("a single slot, and a unix socket, need no steering") {
  const ListenSockets sockets({{ListenAddress::Family::ipv4, "127.0.0.1", 0, "", ""}}, 1);
  CHECK(sockets.spread_groups().empty());
}

}  // namespace
