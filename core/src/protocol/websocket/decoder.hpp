#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/src/http/message_deflate.hpp"
#include "core/src/protocol/websocket/frame.hpp"
#include "core/src/protocol/websocket/utf8_validator.hpp"

namespace ropeway::protocol::websocket {

/// What a decoder found.
struct Event {
  enum class Kind : std::uint8_t {
    need_input,  ///< all that was given is used up
    message,     ///< a whole one: `Decoder::take_message`
    ping,        ///< to be answered with a pong of the same `data`
    pong,
    close,  ///< the peer's Close frame; nothing follows. `code` is 1005 where it had none, `data` its reason
    error,  ///< the peer broke a rule: it is to be closed with `code`, and `data` (static text) says why
  };
  Kind kind = Kind::need_input;
  std::uint16_t code = 0;
  std::string_view data;  ///< valid until the next call
};

/// The server's receiving side of one WebSocket (RFC 6455 §5, RFC 7692), without I/O: bytes in, whole messages out, control frames where they
/// stand.
///
/// It keeps no byte of the input: payloads are unmasked into the message that they are part of. Between two messages it holds no heap
/// memory. Whatever the bytes, it gives events or one error, in memory bounded by `message_bytes`, and the events do not depend on how the
/// bytes were split. Text is checked as it comes (§8.1), so a message that has gone wrong is refused before its end. Not thread-safe. Does not
/// throw but for lack of memory.
class Decoder {
 public:
  /// `message_bytes`: of a message, also after inflation; past it, 1009. `deflate`: whether permessage-deflate was agreed on, without context
  /// takeover of the peer's.
  Decoder(std::uint64_t message_bytes, bool deflate) noexcept : message_bytes_(message_bytes), deflate_(deflate) {}

  /// Takes bytes from the front of `input` until there is something to tell. After `close` or `error` it takes nothing more.
  [[nodiscard]] Event next(std::string_view& input);

  /// Of the message that was told of last.
  [[nodiscard]] bool is_text() const noexcept { return message_opcode_ == Opcode::text; }
  [[nodiscard]] std::string take_message() noexcept { return std::exchange(message_, {}); }

 private:
  enum class Stage : std::uint8_t { head, payload, ended };

  [[nodiscard]] bool collect_head(std::string_view& input) noexcept;
  [[nodiscard]] Event begin_frame();
  [[nodiscard]] Event begin_data_frame();
  [[nodiscard]] Event take_payload(std::string_view& input);
  [[nodiscard]] Event add_to_message(std::string_view masked);
  [[nodiscard]] Event add_plain(std::string_view masked);
  [[nodiscard]] Event add_compressed(std::string_view masked);
  [[nodiscard]] Event check_text(std::size_t from) noexcept;
  [[nodiscard]] Event end_frame();
  [[nodiscard]] Event end_message();
  [[nodiscard]] Event end_control() noexcept;
  [[nodiscard]] Event fail(std::uint16_t code, std::string_view reason) noexcept;

  std::uint64_t message_bytes_;
  std::uint64_t payload_left_ = 0;  // of the frame in progress
  std::uint64_t message_wire_ = 0;  // payload of the message in progress, as announced by the frames so far
  std::string message_;
  http::MessageInflater::Pointer inflater_;  // of a compressed message in progress
  std::uint32_t mask_ = 0;
  std::uint32_t empty_frames_ = 0;  // of the message in progress
  std::array<char, 14> head_{};
  std::array<char, control_bytes> control_{};
  std::uint8_t head_size_ = 0;
  std::uint8_t control_size_ = 0;
  std::uint8_t phase_ = 0;  // of the mask
  Stage stage_ = Stage::head;
  Opcode opcode_ = Opcode::continuation;  // of the frame in progress
  Opcode message_opcode_ = Opcode::text;
  bool final_ = false;
  bool deflate_;
  bool in_message_ = false;
  Utf8Validator utf8_;
};

}  // namespace ropeway::protocol::websocket
