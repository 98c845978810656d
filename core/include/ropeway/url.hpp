#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ropeway {

/// `text` with every byte that is not unreserved (RFC 3986 §2.3) percent-encoded; "/" is kept where `keep_slash`.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

/// `text` decoded once; nothing where an escape is malformed (RFC 3986 §2.1).
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// `text` with &, <, >, " and ' replaced, so that it is safe in HTML text and in quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace ropeway
