#include "core/src/protocol/websocket/frame.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "core/src/protocol/websocket/accept_key.hpp"
#include "core/src/protocol/websocket/utf8_validator.hpp"

namespace ropeway::protocol::websocket {
namespace {

std::string sent(const SendQueue& queue) {
  std::array<std::string_view, 8> pieces;
  std::string all;
  const std::size_t count = queue.gather(pieces);
  for (std::size_t i = 0; i < count; ++i) all += pieces[i];
  return all;
}

std::string head(std::uint64_t size) { return std::string(FrameHead(Opcode::binary, size).text()); }

}  // namespace

TEST_CASE("a frame's length is written in as few bytes as it needs") {
  CHECK(head(0) == std::string("\x82\x00", 2));
  CHECK(head(125) == "\x82\x7d");
  CHECK(head(126) == std::string("\x82\x7e\x00\x7e", 4));
  CHECK(head(65535) == "\x82\x7e\xff\xff");
  CHECK(head(65536) == std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  CHECK(FrameHead(Opcode::text, 1, true).text() == std::string("\xc1\x01"));
}

TEST_CASE("a Close frame holds a code and a reason, cut off between two characters where it is too long") {
  SendQueue queue;
  append_close(queue, 1000, "bye");
  CHECK(sent(queue) ==
        "\x88\x05\x03\xe8"
        "bye");
  SendQueue empty;
  append_close(empty, 1005, "");
  CHECK(sent(empty) == std::string("\x88\x00", 2));
  SendQueue cut;
  append_close(cut, 1000, std::string(122, 'x') + "\xc3\xa4");
  CHECK(sent(cut).size() == 2 + 2 + 122);
}

TEST_CASE("unmasking is the same in words, in bytes, and from any place in the payload on") {
  std::string plain;
  for (int i = 0; i < 100; ++i) plain += static_cast<char>(i * 37);
  constexpr std::uint32_t key = 0x12AB34CDU;
  constexpr std::string_view key_bytes = "\x12\xAB\x34\xCD";
  std::string masked = plain;
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] = static_cast<char>(masked[i] ^ key_bytes[i % 4]);
  for (std::size_t from = 0; from <= masked.size(); ++from) {
    std::string result(masked.size(), '\0');
    unmask(std::string_view(masked).substr(0, from), result.data(), key, 0);
    unmask(std::string_view(masked).substr(from), result.data() + from, key, static_cast<unsigned>(from % 4));
    CHECK(result == plain);
  }
}

TEST_CASE("the answer to a handshake's key is that of RFC 6455, and only 16 bytes in base64 are a key") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // §1.3
  CHECK(is_handshake_key("dGhlIHNhbXBsZSBub25jZQ=="));
  for (const char* wrong : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j!Q==",
                            "dGhlIHNhbXBsZSBub25jZQAA", "========================"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_handshake_key(wrong));
  }
}

TEST_CASE("text is UTF-8 where RFC 3629 says so, and is refused at the byte that makes it something else") {
  for (const char* good : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                           "12345678\xe2\x82\xac"
                           "12345678"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "12345678\xc3"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_utf8(bad));
  }
  Utf8Validator validator;
  CHECK(validator.feed("\xf4"));
  CHECK_FALSE(validator.complete());
  CHECK_FALSE(validator.feed("\x90"));
}

}  // namespace ropeway::protocol::websocket
