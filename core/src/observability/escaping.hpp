#pragma once

#include <string>
#include <string_view>

namespace ropeway::observability {

/// Appends `text` with `"`, `\` and every byte that is not printable ASCII as \xHH: what may stand between quotes in an access log, and
/// what a terminal can be shown. No peer can end a line or a quoted value with it.
void append_quotable(std::string& out, std::string_view text);

/// Appends `text` for a line that people read: UTF-8 stays; control characters, what is no UTF-8, and where `quoted` also `"` and `\`
/// are escaped.
void append_readable(std::string& out, std::string_view text, bool quoted);

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Control characters are escaped; a byte that is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ropeway::observability
