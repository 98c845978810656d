#include "core/src/config/printable.hpp"

#include <algorithm>

namespace ropeway::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t longest_quote = 60;
constexpr std::size_t width_before = 60;  // of an excerpt, around its caret
constexpr std::size_t width_after = 40;

bool is_harmless(char32_t c) noexcept {
  if (c == '\t') return true;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;                              // control characters
  if (c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E)) return false;       // line separators, direction overrides
  return !(c >= 0x2066 && c <= 0x2069) && c != 0x200E && c != 0x200F && c != 0xFEFF;  // isolates, marks
}

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The first byte at or after `offset` that begins a code point.
std::size_t next_boundary(std::string_view text, std::size_t offset) noexcept {
  while (offset < text.size() && is_continuation(text[offset])) ++offset;
  return std::min(offset, text.size());
}

std::size_t line_begin(std::string_view text, std::size_t offset) noexcept {
  const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  if (newline != std::string_view::npos) return newline + 1;
  return text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
}

}  // namespace

CodePoint code_point(std::string_view text, std::size_t offset) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - offset < length) return {};
  char32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = value << 6U | (byte(i) & 0x3FU);
  }
  const char32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;  // RFC 3629 §3: no overlong forms, no surrogates
  if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = code_point(text, i);
    const std::size_t length = std::max<std::size_t>(c.length, 1);
    result += c.length != 0 && is_harmless(c.value) ? text.substr(i, length) : replacement;
    i += length;
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= longest_quote) return '"' + printable(text) + '"';
  return '"' + printable(text.substr(0, next_boundary(text, longest_quote))) + "...\"";
}

std::string excerpt(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t begin = line_begin(text, offset);
  offset = std::max(offset, begin);  // an offset inside the byte order mark
  std::string_view line = text.substr(begin, text.find('\n', offset) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t caret = std::min(offset - begin, line.size());
  const bool fits = line.size() <= width_before + width_after;
  const std::size_t first = !fits && caret > width_before ? next_boundary(line, caret - width_before) : 0;
  const std::size_t last = !fits && line.size() - caret > width_after ? next_boundary(line, caret + width_after) : line.size();

  const std::string_view dots = "...";
  std::string result(first > 0 ? dots : std::string_view());
  std::string below(result.size(), ' ');
  result += printable(line.substr(first, last - first));
  if (last < line.size()) result += dots;
  for (const char c : printable(line.substr(first, std::max(caret, first) - first))) {
    if (!is_continuation(c)) below += c == '\t' ? '\t' : ' ';  // one column for each code point, and tabs as wide as above
  }
  return result + '\n' + below + '^';
}

LineColumn line_and_column(std::string_view text, std::size_t offset) noexcept {
  offset = std::min(offset, text.size());
  const std::size_t begin = line_begin(text, offset);
  const auto newlines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return {static_cast<std::size_t>(newlines) + 1, std::max(offset, begin) - begin + 1};
}

}  // namespace ropeway::config
