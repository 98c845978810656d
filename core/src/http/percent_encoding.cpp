#include "core/src/http/percent_encoding.hpp"

namespace ropeway::http {
namespace {

constexpr int hex_digit(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// The byte of form text that begins at `position`, which moves behind it.
char next_form_byte(std::string_view text, std::size_t& position) noexcept {
  const char byte = text[position];
  if (byte == '%') {
    if (const int value = escaped_byte(text, position); value >= 0) {
      position += 3;
      return static_cast<char>(value);
    }
  }
  ++position;
  return byte == '+' ? ' ' : byte;
}

}  // namespace

int escaped_byte(std::string_view text, std::size_t position) noexcept {
  if (text.size() - position < 3) return -1;
  const int high = hex_digit(text[position + 1]);
  const int low = hex_digit(text[position + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string decode_form_text(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) decoded.push_back(next_form_byte(text, i));
  return decoded;
}

bool form_text_equals(std::string_view encoded, std::string_view plain) noexcept {
  std::size_t matched = 0;
  for (std::size_t i = 0; i < encoded.size(); ++matched) {
    if (matched == plain.size() || next_form_byte(encoded, i) != plain[matched]) return false;
  }
  return matched == plain.size();
}

}  // namespace ropeway::http
