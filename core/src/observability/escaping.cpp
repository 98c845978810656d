#include "core/src/observability/escaping.hpp"

#include <array>
#include <cstdint>

#include <ropeway/utf8.hpp>

namespace ropeway::observability {
namespace {

constexpr char hex_digits[] = "0123456789ABCDEF";

void append_hex(std::string& out, unsigned char byte) {
  const char text[] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
  out.append(text, sizeof(text));
}

void append_unicode_escape(std::string& out, unsigned char byte) {
  const char text[] = {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 15]};
  out.append(text, sizeof(text));
}

// Which bytes stand for themselves everywhere: printable ASCII but for the quote and the backslash.
constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

constexpr bool is_plain(char c) noexcept { return plain_bytes[static_cast<unsigned char>(c)]; }

// Appends the run of plain bytes at `position` and gives where it ends.
std::size_t append_plain(std::string& out, std::string_view text, std::size_t position) {
  std::size_t end = position;
  while (end < text.size() && is_plain(text[end])) ++end;
  out.append(text, position, end - position);
  return end;
}

// U+0080 to U+009F: terminals obey them as they obey escape sequences.
bool is_c1_control(std::string_view sequence) noexcept {
  return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

void append_quotable(std::string& out, std::string_view text) {
  for (std::size_t i = append_plain(out, text, 0); i < text.size(); i = append_plain(out, text, i + 1)) {
    append_hex(out, static_cast<unsigned char>(text[i]));
  }
}

void append_readable(std::string& out, std::string_view text, bool quoted) {
  std::size_t i = append_plain(out, text, 0);
  while (i < text.size()) {
    const char c = text[i];
    const std::size_t length = utf8_length(text.substr(i));
    if (length > 1 && !is_c1_control(text.substr(i, length))) {
      out.append(text, i, length);
      i += length;
    } else {
      if (c == '"' || c == '\\') {
        if (quoted) out += '\\';
        out += c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else {
        append_hex(out, static_cast<unsigned char>(c));
      }
      ++i;
    }
    i = append_plain(out, text, i);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t i = append_plain(out, text, 0);
  while (i < text.size()) {
    const char c = text[i];
    const std::size_t length = utf8_length(text.substr(i));
    if (is_c1_control(text.substr(i, length))) {
      append_unicode_escape(out, static_cast<unsigned char>(text[i + 1]));
      i += length;
    } else if (length > 1) {
      out.append(text, i, length);
      i += length;
    } else {
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else if (static_cast<unsigned char>(c) < 0x80) {
        append_unicode_escape(out, static_cast<unsigned char>(c));
      } else {
        out += "\\uFFFD";
      }
      ++i;
    }
    i = append_plain(out, text, i);
  }
  out += '"';
}

}  // namespace ropeway::observability
