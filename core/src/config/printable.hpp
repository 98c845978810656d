#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ropeway::config {

/// The code point at `offset` of a text.
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // in bytes; 0 where the bytes are not UTF-8 (RFC 3629)
};
[[nodiscard]] CodePoint code_point(std::string_view text, std::size_t offset) noexcept;

/// `text` fit for a terminal: control characters, direction overrides and bytes that are not UTF-8 become U+FFFD; tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` in double quotes, printable, cut after some 60 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The line of `text` that holds the byte at `offset`, and below it a line with a caret under that byte. A long line is
/// cut around the caret.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t offset);

/// Line and column (in bytes, from 1) of a byte. A byte order mark is no column.
struct LineColumn {
  std::size_t line = 1;
  std::size_t column = 1;
};
[[nodiscard]] LineColumn line_and_column(std::string_view text, std::size_t offset) noexcept;

}  // namespace ropeway::config
