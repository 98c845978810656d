#include "core/src/server/keep_table.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "core/src/server/hand_over.hpp"

namespace {

using namespace ropeway::server;

struct Channel {
  Channel() { REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0); }
  ~Channel() {
    for (const int end : ends) ::close(end);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  int ends[2]{};
};

TEST_CASE("a kept connection arrives with its slot, which says what it is about") {
  KeepTable table(100);
  CHECK(table.size() == 128);
  Channel channel;
  Keep keep(table, channel.ends[0]);
  const Keep::Place place = keep.keep({STDIN_FILENO, 7});
  REQUIRE(place.slot != nullptr);
  CHECK(place.slot == &table[place.index]);
  CHECK(place.slot->state == KeptState::idle);
  CHECK(place.slot->requests == 7);
  CHECK(table.block_owner_of(place.index) == ::getpid());
  CHECK(place.slot->owner == ::getpid());
  const auto taken = take_connection(channel.ends[1]);
  REQUIRE(taken.has_value());
  CHECK(taken->slot == Keep::number_of(place.index, place.slot->serial));
  CHECK(taken->requests == 7);
  CHECK(taken->keeper == table.keeper());
  CHECK(taken->descriptor != STDIN_FILENO);
  ::close(taken->descriptor);
  keep.forget(place);
  CHECK(place.slot->state == KeptState::none);
  const Keep::Place next = keep.keep({STDIN_FILENO, 1});
  CHECK(next.index == place.index);
  CHECK(Keep::number_of(next.index, next.slot->serial) != taken->slot);
}

TEST_CASE("slots are used once each, until there is none left") {
  KeepTable table(KeepTable::block_size);
  Channel channel;
  Keep keep(table, channel.ends[0]);
  std::set<std::uint32_t> used;
  Keep::Place last;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Keep::Place place = keep.keep({STDIN_FILENO, 1});
    REQUIRE(place.slot != nullptr);
    used.insert(place.index);
    last = place;
    ::close(take_connection(channel.ends[1]).value().descriptor);
  }
  CHECK(used.size() == table.size());
  CHECK_FALSE(keep.is_full());
  CHECK(keep.keep({STDIN_FILENO, 1}).slot == nullptr);
  CHECK(keep.is_full());
  keep.forget(last);
  CHECK_FALSE(keep.is_full());
  CHECK(keep.keep({STDIN_FILENO, 1}).slot != nullptr);
}

TEST_CASE("a channel that is full costs no slot") {
  KeepTable table(100'000);
  Channel channel;
  Keep keep(table, channel.ends[0]);
  std::size_t kept = 0;
  while (keep.keep({STDIN_FILENO, 1}).slot != nullptr) ++kept;
  CHECK(kept > 0);
  CHECK(kept < table.size());
  CHECK_FALSE(keep.is_full());
  ::close(take_connection(channel.ends[1]).value().descriptor);
  CHECK(keep.keep({STDIN_FILENO, 1}).slot != nullptr);
  while (const auto taken = take_connection(channel.ends[1])) ::close(taken->descriptor);
}

TEST_CASE("the blocks of a worker that has ended are free for others, when no connection is left in them") {
  KeepTable table(2 * KeepTable::block_size);
  CHECK(table.take_block(100) == 0U);
  CHECK(table.take_block(200) == 1U);
  CHECK_FALSE(table.take_block(300).has_value());
  table[3].state = KeptState::idle;
  table.free_blocks_of(100);
  CHECK_FALSE(table.take_block(300).has_value());
  CHECK(table.block_owner_of(KeepTable::block_size) == 200);
  table[3].state = KeptState::none;
  table.free_blocks_of(400);
  CHECK(table.take_block(300) == 0U);
}

TEST_CASE("what a PROXY header has told goes with a connection, to siblings and to the keeper") {
  using State = ProxyHeader::State;
  KeepTable table(1);
  Channel channel;
  Keep keep(table, channel.ends[0]);
  const ropeway::observability::Peer client{{0x1122334455667788U, 0x99AABBCCDDEEFF00U}, 65535};
  for (const State state : {State::none, State::expected, State::told, State::untold}) {
    const HandedConnection given{STDIN_FILENO, 3, 4, 5, {state, client}};
    REQUIRE(give_connection(channel.ends[0], given));
    REQUIRE(keep.keep(given).slot != nullptr);
    for (int way = 0; way < 2; ++way) {
      const auto taken = take_connection(channel.ends[1]);
      REQUIRE(taken.has_value());
      CHECK(taken->proxy_header.state == state);
      CHECK(taken->proxy_header.client == client);
      CHECK(taken->requests == 3);
      CHECK((taken->keeper == 5) == (way == 0));
      ::close(taken->descriptor);
    }
  }
}

TEST_CASE("a connection goes from worker to worker with its slot") {
  KeepTable table(100);
  Channel channel;
  Keep one(table, channel.ends[0]);
  const Keep::Place place = one.keep({STDIN_FILENO, 3});
  ::close(take_connection(channel.ends[1]).value().descriptor);
  HandedConnection connection{STDIN_FILENO, 3};
  one.let_go(place, connection);
  CHECK(place.slot->owner == 0);
  Keep other(table, channel.ends[0]);
  const Keep::Place adopted = other.adopt(connection);
  CHECK(adopted.slot == place.slot);
  CHECK(place.slot->owner == ::getpid());
  CHECK_FALSE(other.is_stale(adopted));
  other.forget(adopted);
  CHECK(place.slot->state == KeptState::none);

  one.let_go(place, connection);
  table.next_epoch();
  CHECK(other.adopt(connection).slot == nullptr);  // another keeper's
  CHECK(other.adopt({STDIN_FILENO, 3}).slot == nullptr);
  CHECK(other.adopt({STDIN_FILENO, 3, 1U << 20U, table.keeper()}).slot == nullptr);
}

TEST_CASE("what an earlier keeper had is stale") {
  KeepTable table(1);
  Channel channel;
  Keep keep(table, channel.ends[0]);
  const Keep::Place place = keep.keep({STDIN_FILENO, 1});
  CHECK_FALSE(keep.is_stale(place));
  table.next_epoch();
  CHECK(keep.is_stale(place));
  ::close(take_connection(channel.ends[1]).value().descriptor);
}

}  // namespace
