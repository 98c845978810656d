#include "core/src/protocol/websocket/decoder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/src/http/message_deflate.hpp"
#include "tests/support/feed.hpp"
#include "tests/support/websocket_frames.hpp"
#include "tests/support/websocket_transcript.hpp"

namespace ropeway::testing {
namespace {

constexpr std::uint64_t limit = 1000;

std::string said_of(const Pieces& pieces, bool deflate, std::uint64_t message_bytes = limit) {
  WebSocketTranscript transcript(message_bytes, deflate);
  for (const std::string_view piece : pieces) transcript.feed(piece);
  return transcript.text();
}

struct Case {
  std::string bytes;
  std::string expected;
};

void check(const std::vector<Case>& cases, bool deflate) {
  for (const Case& one : cases) {
    CAPTURE(one.expected);
    feed_in_every_way(one.bytes, [&](const Pieces& pieces) { CHECK(said_of(pieces, deflate) == one.expected); });
  }
}

std::string with_length(std::string_view length, unsigned first = 0x82) {
  return std::string(1, static_cast<char>(first)) + std::string(length) + std::string(4, '\0');
}

}  // namespace

TEST_CASE("messages come out whole, and control frames where they stood, however the bytes are cut") {
  check(
      {
          {text_frame("hello"), "text(hello) "},
          {text_frame(""), "text() "},
          {client_frame(0x82, "a\xff"), "binary(a\xff) "},
          {client_frame(0x01, "he") + client_frame(0x00, "ll") + client_frame(0x80, "o"), "text(hello) "},
          {client_frame(0x01, "he") + client_frame(0x89, "!") + client_frame(0x80, "llo"), "ping(!) text(hello) "},
          {client_frame(0x8A, "pong"), "pong(pong) "},
          {text_frame("one") + text_frame("two") + close_frame(1000, "bye") + text_frame("three"), "text(one) text(two) close(1000,bye) "},
          {client_frame(0x88, ""), "close(1005,) "},
          {client_frame(0x01, "he"), ""},
          {text_frame("hello").substr(0, 3), ""},
          {text_frame(std::string(126, 'x')), "text(" + std::string(126, 'x') + ") "},
      },
      false);
}

TEST_CASE("a frame that breaks a rule is an error with the code that belongs to it, and nothing follows") {
  check(
      {
          {std::string("\x81\x02hi"), "error(1002) "},  // §5.1: not masked
          {client_frame(0xC1, "x"), "error(1002) "},    // §5.2: reserved bits
          {client_frame(0xA1, "x"), "error(1002) "},
          {client_frame(0x91, "x"), "error(1002) "},
          {client_frame(0x83, ""), "error(1002) "},  // opcodes
          {client_frame(0x8B, ""), "error(1002) "},
          {client_frame(0x09, ""), "error(1002) "},                            // §5.5: a control frame in fragments
          {client_frame(0x89, std::string(126, 'x')), "error(1002) "},         // and one that is too long
          {client_frame(0x80, "x"), "error(1002) "},                           // §5.4: continues nothing
          {client_frame(0x01, "x") + text_frame("y"), "error(1002) "},         // inside another
          {with_length(std::string_view("\xFE\x00\x7D", 3)), "error(1002) "},  // longer than it need be
          {with_length(std::string_view("\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF", 9)), "error(1002) "},
          {with_length(std::string_view("\xFF\x80\x00\x00\x00\x00\x01\x00\x00", 9)), "error(1002) "},
          {client_frame(0x88, "x"), "error(1002) "},  // §5.5.1: half a code
          {close_frame(1005), "error(1002) "},
          {close_frame(999), "error(1002) "},
          {close_frame(5000), "error(1002) "},
          {close_frame(1000, "\xff"), "error(1007) "},
          {text_frame("a\xff"
                      "b"),
           "error(1007) "},                          // §8.1
          {text_frame("\xe2\x82"), "error(1007) "},  // ends inside a character
          {client_frame(0x01, "\xe2\x82") + client_frame(0x80, "\x20"), "error(1007) "},
      },
      false);
}

TEST_CASE("a message larger than the limit is refused when its frame begins, and one in fragments when they add up to it") {
  const std::string most(limit, 'x');
  CHECK(said_of({text_frame(most)}, false) == "text(" + most + ") ");
  CHECK(said_of({text_frame(most + "y").substr(0, 8)}, false) == "error(1009) ");
  const std::string half(limit / 2, 'x');
  CHECK(said_of({client_frame(0x01, half), client_frame(0x00, half), client_frame(0x80, "y").substr(0, 6)}, false) == "error(1009) ");
}

TEST_CASE("text that cannot become valid is refused before its frame has ended") {
  const std::string whole = text_frame("good\xf4\x90more that never comes");
  CHECK(said_of({std::string_view(whole).substr(0, 12)}, false) == "error(1007) ");
}

TEST_CASE("a message of thousands of empty fragments is refused") {
  WebSocketTranscript transcript(limit, false);
  transcript.feed(client_frame(0x01, ""));
  for (int i = 0; i < 1500; ++i) transcript.feed(client_frame(0x00, ""));
  CHECK(transcript.text() == "error(1002) ");
}

TEST_CASE("a message is inflated where that was agreed on, also in fragments, and others pass beside it") {
  const std::string packed(http::deflate_message("hello hello hello", 15));
  CHECK(packed.size() < 17);
  check(
      {
          {client_frame(0xC1, packed), "text(hello hello hello) "},
          {client_frame(0x41, packed.substr(0, 3)) + client_frame(0x89, "") + client_frame(0x80, packed.substr(3)),
           "ping() text(hello hello hello) "},
          {client_frame(0xC1, packed) + text_frame("plain") + client_frame(0xC1, packed),
           "text(hello hello hello) text(plain) text(hello hello hello) "},
          {client_frame(0xC2, std::string_view("\x00", 1)), "binary() "},
          // RFC 7692 §7.2.3.5: a block with BFINAL
          {client_frame(0xC1, std::string_view("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8)), "text(Hello) "},
          // §7.2.3.4: stored
          {client_frame(0xC1, std::string_view("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11)), "text(Hello) "},
          {client_frame(0x41, packed.substr(0, 3)) + client_frame(0xC0, packed.substr(3)), "error(1002) "},  // §6: on the first frame alone
          {client_frame(0xC9, ""), "error(1002) "},
          {client_frame(0xC1, "\xff\xff\xff\xff"), "error(1007) "},
          {client_frame(0xC1, http::deflate_message("a\xff", 15)), "error(1007) "},
      },
      true);
}

TEST_CASE("what would inflate to more than the limit is refused, whatever its size on the wire") {
  const std::string bomb(http::deflate_message(std::string(100'000'000, 'x'), 15));
  CHECK(bomb.size() < 500'000);
  CHECK(said_of({client_frame(0xC1, bomb)}, true, 1'000'000) == "error(1009) ");
  const std::string fits(http::deflate_message(std::string(1'000'000, 'x'), 15));
  CHECK(said_of({client_frame(0xC1, fits)}, true, 1'000'000) == "text(" + std::string(1'000'000, 'x') + ") ");
  CHECK(said_of({client_frame(0xC1, fits)}, true, 999'999) == "error(1009) ");
}

TEST_CASE("memory grows with what has come, not with what was announced") {
  protocol::websocket::Decoder decoder(1U << 30U, false);
  const std::string begun = with_length(std::string_view("\xFF\x00\x00\x00\x00\x40\x00\x00\x00", 9)) + "abc";
  std::string_view bytes = begun;
  CHECK(decoder.next(bytes).kind == protocol::websocket::Event::Kind::need_input);
  CHECK(decoder.take_message().capacity() < 1000);
}

}  // namespace ropeway::testing
