#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ropeway::http {

/// Whether `byte` may stand in a token (RFC 9110 §5.6.2).
[[nodiscard]] bool is_token_character(char byte) noexcept;

/// Whether `text` is a token: at least one character, all of them allowed (RFC 9110 §5.6.2).
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Whether `text` may be sent as the value of a field: no control character but tab (RFC 9110 §5.5). Bytes above 0x7f are allowed.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

/// Whether `text` and `lower`, which is in lower case, are the same where ASCII letters are compared without case.
[[nodiscard]] bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept;

/// `text` without the spaces and tabs around it (RFC 9110 §5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Reads a comma-separated list element by element (RFC 9110 §5.6.1). A comma in a quoted string separates nothing; empty elements are
/// skipped; a quoted string that does not end reaches to the end of the list.
class ListReader {
 public:
  explicit ListReader(std::string_view list) noexcept : rest_(list) {}
  /// The next element without white space around it, or nothing at the end.
  [[nodiscard]] std::optional<std::string_view> next() noexcept;

 private:
  std::string_view rest_;
};

/// An element of a field like `Accept`: a value, the parameters that stand before the weight, and the weight (RFC 9110 §12.4.2).
struct WeightedValue {
  std::string_view value;
  std::string_view parameters;   ///< as sent, without the semicolon in front; empty where there are none
  std::uint16_t quality = 1000;  ///< in thousandths: 0 (not acceptable) to 1000, which is also what no weight means
};

/// `element` taken apart; nothing where its value is missing or its weight is malformed.
[[nodiscard]] std::optional<WeightedValue> parse_weighted(std::string_view element) noexcept;

/// A weight ("0.25") in thousandths; nothing where it is no `qvalue` (RFC 9110 §12.4.2).
[[nodiscard]] std::optional<std::uint16_t> parse_quality(std::string_view text) noexcept;

}  // namespace ropeway::http
