#pragma once

#include <algorithm>
#include <string_view>

namespace ropeway::handlers {

/// `text` without the spaces and tabs around it (RFC 9110 §5.6.3).
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes what stands before `separator` from the front of `text`, and gives it without blanks around it. For lists whose elements hold no
/// quoted strings with a separator in them.
[[nodiscard]] constexpr std::string_view take_element(std::string_view& text, char separator = ',') noexcept {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view element = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(element);
}

}  // namespace ropeway::handlers
