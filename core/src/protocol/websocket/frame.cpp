#include "core/src/protocol/websocket/frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/src/protocol/websocket/close_code.hpp"

namespace ropeway::protocol::websocket {

FrameHead::FrameHead(Opcode opcode, std::uint64_t size, bool compressed) noexcept {
  const unsigned first = 0x80U | (compressed ? 0x40U : 0U) | static_cast<unsigned>(opcode);
  text_[0] = static_cast<char>(first);
  unsigned length_bytes = 0;
  if (size <= control_bytes) {
    text_[1] = static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    text_[1] = 126;
    length_bytes = 2;
  } else {
    text_[1] = 127;
    length_bytes = 8;
  }
  for (unsigned i = 0; i < length_bytes; ++i) text_[2 + i] = static_cast<char>(size >> (8 * (length_bytes - 1 - i)));
  size_ = static_cast<std::uint8_t>(2 + length_bytes);
}

void append_frame(SendQueue& output, Opcode opcode, std::string_view payload, bool compressed) {
  const FrameHead head(opcode, payload.size(), compressed);
  char* const at = output.append_space(head.text().size() + payload.size());
  std::memcpy(at, head.text().data(), head.text().size());
  if (!payload.empty()) std::memcpy(at + head.text().size(), payload.data(), payload.size());
}

void append_close(SendQueue& output, std::uint16_t code, std::string_view reason) {
  if (code == close_no_status) return append_frame(output, Opcode::close, {});
  std::array<char, control_bytes> body{};
  std::size_t size = std::min(reason.size(), body.size() - 2);
  while (size < reason.size() && size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0U) == 0x80U) --size;
  body[0] = static_cast<char>(code >> 8U);
  body[1] = static_cast<char>(code & 0xFFU);
  if (size > 0) std::memcpy(body.data() + 2, reason.data(), size);
  append_frame(output, Opcode::close, {body.data(), 2 + size});
}

// In words of eight bytes, which compilers turn into wider ones; the key is turned so that its first byte is the payload's next.
void unmask(std::string_view source, char* target, std::uint32_t key, unsigned phase) noexcept {
  std::array<char, 8> mask{};
  for (unsigned i = 0; i < mask.size(); ++i) mask[i] = static_cast<char>(key >> (8 * (3 - (phase + i) % 4)));
  const auto word_mask = std::bit_cast<std::uint64_t>(mask);
  std::size_t at = 0;
  for (; at + sizeof word_mask <= source.size(); at += sizeof word_mask) {
    std::uint64_t word = 0;
    std::memcpy(&word, source.data() + at, sizeof word);
    word ^= word_mask;
    std::memcpy(target + at, &word, sizeof word);
  }
  for (; at < source.size(); ++at) target[at] = static_cast<char>(source[at] ^ mask[at % 4]);
}

}  // namespace ropeway::protocol::websocket
