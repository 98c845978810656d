#include "core/src/protocol/receive_buffer.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace {

using ropeway::protocol::ReceiveBuffer;

constexpr std::size_t head_limit = 16 * 1024;

void receive(ReceiveBuffer& buffer, std::string_view bytes) {
  const auto room = buffer.prepare(head_limit);
  REQUIRE(room.size() >= bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  buffer.commit(bytes.size());
}

TEST_CASE("bytes are unread until they are consumed") {
  ReceiveBuffer buffer;
  CHECK(buffer.empty());
  receive(buffer, "abc");
  receive(buffer, "def");
  CHECK_EQ(buffer.unread(), "abcdef");
  buffer.consume(4);
  CHECK_EQ(buffer.unread(), "ef");
  buffer.drop_unread();
  CHECK(buffer.empty());
}

TEST_CASE("kept bytes stay where they are while others come and go behind them") {
  ReceiveBuffer buffer;
  receive(buffer, "headtail");
  const char* const head = buffer.unread().data();
  buffer.keep(4);
  CHECK_EQ(buffer.unread(), "tail");
  for (int i = 0; i < 100; ++i) {
    buffer.consume(buffer.unread().size());
    receive(buffer, std::string(3000, 'x'));
  }
  CHECK_EQ(std::string_view(head, 4), "head");
  buffer.let_go();
  CHECK_EQ(buffer.unread(), std::string(3000, 'x'));
}

TEST_CASE("unread bytes move to the front when room becomes scarce") {
  ReceiveBuffer buffer;
  receive(buffer, std::string(15000, 'x') + "rest");
  buffer.consume(15000);
  CHECK(buffer.prepare(head_limit).size() > 15000);
  CHECK_EQ(buffer.unread(), "rest");
  CHECK_EQ(buffer.capacity(), ReceiveBuffer::block_size);
}

TEST_CASE("the block grows for a head up to its limit, and not while something is kept") {
  ReceiveBuffer buffer;
  constexpr std::size_t large_limit = 50000;
  std::size_t received = 0;
  while (received < large_limit) {
    const auto room = buffer.prepare(large_limit);
    REQUIRE_FALSE(room.empty());
    std::memset(room.data(), 'h', room.size());
    buffer.commit(room.size());
    received += room.size();
  }
  CHECK_EQ(received, large_limit);
  CHECK_EQ(buffer.capacity(), large_limit + ReceiveBuffer::content_reserve);
  CHECK(buffer.prepare(large_limit).empty());
  buffer.keep(received);
  CHECK_EQ(buffer.prepare(large_limit).size(), ReceiveBuffer::content_reserve);
}

}  // namespace
