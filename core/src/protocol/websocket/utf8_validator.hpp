#pragma once

#include <cstdint>
#include <string_view>

namespace ropeway::protocol::websocket {

/// Checks text that comes in pieces, and finds what is wrong at the first byte that makes it so (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
class Utf8Validator {
 public:
  /// False as soon as what has come cannot be the beginning of valid text. Ask no more then.
  [[nodiscard]] bool feed(std::string_view piece) noexcept;
  /// Whether the text may end here: no character is incomplete.
  [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { *this = {}; }

 private:
  [[nodiscard]] bool begin(std::uint8_t byte) noexcept;

  std::uint8_t missing_ = 0;    // bytes of the character in progress that are still to come
  std::uint8_t lowest_ = 0x80;  // of the next of them
  std::uint8_t highest_ = 0xBF;
};

/// Whether `text` is complete and valid.
[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace ropeway::protocol::websocket
