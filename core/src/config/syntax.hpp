#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropeway::config {

/// A fault in a text, and where it is.
struct SyntaxFault {
  std::size_t offset = 0;
  std::string message;
};

/// Where a reader of JSON stands between two tokens.
struct ReadingState {
  enum class After : std::uint8_t {
    nothing,      ///< at the beginning of the text
    open_array,   ///< after "["
    element,      ///< after a value in an array
    open_object,  ///< after "{"
    key,          ///< after a member's name; the colon may follow
    member,       ///< after a member's value
    everything,   ///< after the value that is the whole text
  };
  After after = After::nothing;
  std::size_t last_begin = 0;  // of the last good token
  std::size_t last_end = 0;
  std::optional<std::size_t> opened;  // the bracket that waits for its end
};

/// The first place where `text` is not UTF-8 or holds a NUL byte. Such a text is not read any further.
[[nodiscard]] std::optional<SyntaxFault> encoding_fault(std::string_view text);

/// Says in words why a JSON reader that stands at `state` could not go on.
[[nodiscard]] SyntaxFault explain(std::string_view text, const ReadingState& state);

/// Past spaces and comments. Stops at a comment that has no end.
[[nodiscard]] std::size_t skip_blank(std::string_view text, std::size_t offset) noexcept;
/// The end of the well-formed string that begins at `offset`.
[[nodiscard]] std::size_t string_end(std::string_view text, std::size_t offset) noexcept;
/// The end of the longest number (RFC 8259 §6) that begins at `offset`; `offset` where none does.
[[nodiscard]] std::size_t number_end(std::string_view text, std::size_t offset) noexcept;

}  // namespace ropeway::config
