#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ropeway::testing {

/// A frame as a client sends it, masked. `first`: FIN, reserved bits and opcode.
inline std::string client_frame(unsigned first, std::string_view payload, std::string_view key = "\x12\x34\xab\xcd") {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(0x80U | 126U);
    for (const unsigned shift : {8U, 0U}) frame += static_cast<char>(payload.size() >> shift);
  } else {
    frame += static_cast<char>(0x80U | 127U);
    for (unsigned shift = 64; shift > 0; shift -= 8) frame += static_cast<char>(std::uint64_t{payload.size()} >> (shift - 8));
  }
  frame += key;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ key[i % 4]);
  return frame;
}

inline std::string text_frame(std::string_view text) { return client_frame(0x81, text); }
inline std::string close_frame(unsigned code, std::string_view reason = "") {
  return client_frame(0x88, std::string{static_cast<char>(code >> 8U), static_cast<char>(code)} + std::string(reason));
}

}  // namespace ropeway::testing
