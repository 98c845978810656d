#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/src/protocol/send_queue.hpp"

namespace ropeway::protocol::websocket {

/// RFC 6455 §5.2.
enum class Opcode : std::uint8_t { continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

[[nodiscard]] constexpr bool is_control(Opcode opcode) noexcept { return (static_cast<std::uint8_t>(opcode) & 0x8U) != 0; }

/// Control frames carry no more (RFC 6455 §5.5).
inline constexpr std::size_t control_bytes = 125;

/// The front of a frame that we send: at most 10 bytes, since a server does not mask (RFC 6455 §5.1).
class FrameHead {
 public:
  /// A whole message, or a control frame, in one frame. `compressed`: RSV1 (RFC 7692 §6).
  FrameHead(Opcode opcode, std::uint64_t size, bool compressed = false) noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 10> text_{};
  std::uint8_t size_ = 2;
};

/// Queues one frame with a copy of `payload`.
void append_frame(SendQueue& output, Opcode opcode, std::string_view payload, bool compressed = false);
/// Queues a Close frame; with code 1005 one without a body. What is too long of `reason` is cut off between two characters.
void append_close(SendQueue& output, std::uint16_t code, std::string_view reason);

/// Applies `key` (RFC 6455 §5.3) to `source` and puts the result to `target`, where there is as much room; they may be the same. `phase`: how many
/// bytes of the same payload went before, modulo 4.
void unmask(std::string_view source, char* target, std::uint32_t key, unsigned phase) noexcept;

}  // namespace ropeway::protocol::websocket
