#include "handlers/static_files/shown_text.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace ropeway::handlers {
namespace {

[[nodiscard]] unsigned char byte_at(std::string_view text, std::size_t index) noexcept { return static_cast<unsigned char>(text[index]); }

/// How many bytes the well-formed character at the front of `text` has; 0 where there is none.
[[nodiscard]] std::size_t character_size(std::string_view text) noexcept {
  const unsigned char lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte_at(text, 1) < lowest || byte_at(text, 1) > highest) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (byte_at(text, i) < 0x80 || byte_at(text, i) > 0xbf) return 0;
  }
  return size;
}

[[nodiscard]] std::string formatted(std::chrono::system_clock::time_point time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm calendar{};
  if (::gmtime_r(&seconds, &calendar) == nullptr) return {};
  std::array<char, 40> text;
  return {text.data(), std::strftime(text.data(), text.size(), format, &calendar)};
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t size = character_size(bytes);
    result += size == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, size);
    bytes.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

std::string shown_name(std::string_view name) {
  std::string result;
  for (const char byte : valid_utf8(name)) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20) {
      result += "\xe2\x90";  // U+2400 and on: the symbols for control characters
      result += static_cast<char>(0x80 + value);
    } else if (value == 0x7f) {
      result += "\xe2\x90\xa1";
    } else {
      result += byte;
    }
  }
  return result;
}

std::string shown_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> units{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 1024) return std::to_string(bytes).append(units[0]);
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  while (value >= 1023.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, value < 9.95 ? 1 : 0).ptr;
  return std::string(text.data(), end).append(units[unit]);
}

std::string shown_time(std::chrono::system_clock::time_point time) { return formatted(time, "%Y-%m-%d %H:%M"); }
std::string iso_time(std::chrono::system_clock::time_point time) { return formatted(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char byte : valid_utf8(text)) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      result += '\\';
      result += byte;
    } else if (value < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      result.append("\\u00");
      result += digits[value >> 4U];
      result += digits[value & 15U];
    } else {
      result += byte;
    }
  }
  return result += '"';
}

}  // namespace ropeway::handlers
