#include "core/src/protocol/websocket/utf8_validator.hpp"

#include <cstddef>
#include <cstring>

namespace ropeway::protocol::websocket {
namespace {

// How many bytes at the front are ASCII, looked at in words.
std::size_t ascii_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & high_bits) != 0) break;
  }
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8Validator::feed(std::string_view piece) noexcept {
  while (!piece.empty()) {
    if (missing_ == 0) {
      piece.remove_prefix(ascii_prefix(piece));
      if (piece.empty()) return true;
      if (!begin(static_cast<std::uint8_t>(piece.front()))) return false;
    } else {
      const auto byte = static_cast<std::uint8_t>(piece.front());
      if (byte < lowest_ || byte > highest_) return false;
      lowest_ = 0x80;
      highest_ = 0xBF;
      --missing_;
    }
    piece.remove_prefix(1);
  }
  return true;
}

// The first byte of a character of several; it bounds the second (RFC 3629 §4).
bool Utf8Validator::begin(std::uint8_t byte) noexcept {
  if (byte < 0xC2 || byte > 0xF4) return false;
  if (byte < 0xE0) {
    missing_ = 1;
  } else if (byte < 0xF0) {
    missing_ = 2;
    if (byte == 0xE0) lowest_ = 0xA0;   // below: overlong
    if (byte == 0xED) highest_ = 0x9F;  // above: surrogates
  } else {
    missing_ = 3;
    if (byte == 0xF0) lowest_ = 0x90;   // below: overlong
    if (byte == 0xF4) highest_ = 0x8F;  // above: beyond U+10FFFF
  }
  return true;
}

}  // namespace ropeway::protocol::websocket
