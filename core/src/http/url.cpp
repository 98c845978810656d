#include <ropeway/url.hpp>

#include "core/src/http/percent_encoding.hpp"

namespace ropeway {
namespace {

// RFC 3986 §2.3
constexpr bool is_unreserved(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
         byte == '_' || byte == '~';
}

std::string_view html_reference(char byte) noexcept {
  switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

}  // namespace

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";  // RFC 3986 §2.1: upper case
  std::string encoded;
  encoded.reserve(text.size());
  for (const char byte : text) {
    if (is_unreserved(byte) || (byte == '/' && keep_slash)) {
      encoded.push_back(byte);
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    encoded.push_back('%');
    encoded.push_back(digits[value >> 4]);
    encoded.push_back(digits[value & 0xf]);
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int value = http::escaped_byte(text, i);
    if (value < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char byte : text) {
    if (const std::string_view reference = html_reference(byte); !reference.empty()) {
      escaped.append(reference);
    } else {
      escaped.push_back(byte);
    }
  }
  return escaped;
}

bool is_local_reference(std::string_view reference) noexcept {
  if (!reference.starts_with('/') || reference.starts_with("//")) return false;
  for (const char byte : reference) {
    // What is no URI character (RFC 3986 §2); a backslash is a slash to browsers, and they drop tabs and line breaks.
    if (byte <= 0x20 || byte >= 0x7F || std::string_view("\"<>\\^`{|}").find(byte) != std::string_view::npos) return false;
  }
  return true;
}

}  // namespace ropeway
