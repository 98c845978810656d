#pragma once

#include <string>
#include <string_view>

namespace ropeway::http {

/// The value of the escape "%xy" that `text` holds at `position` (where "%" stands), or -1 where it is malformed (RFC 3986 §2.1).
[[nodiscard]] int escaped_byte(std::string_view text, std::size_t position) noexcept;

/// A name or value of a query decoded as forms encode it: "+" is a space, and what is no proper escape stands for itself.
[[nodiscard]] std::string decode_form_text(std::string_view text);

/// Whether `decode_form_text(encoded)` is `plain`; does not allocate.
[[nodiscard]] bool form_text_equals(std::string_view encoded, std::string_view plain) noexcept;

}  // namespace ropeway::http
