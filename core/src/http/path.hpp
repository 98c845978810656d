#pragma once

#include <string>
#include <string_view>

namespace ropeway::http {

/// Whether `raw`, a path as sent, is its own normal form for certain: it has no escape, no NUL, and no segment that begins with a dot.
/// A single pass, eight bytes at a time.
[[nodiscard]] bool is_plain_path(std::string_view raw) noexcept;

/// Writes the normal form of `raw`, which begins with "/", to `path`: percent-decoded once, then without "." and ".." segments
/// (RFC 3986 §5.2.4), so that "%2e%2e" counts as "..". "%2F" stays as sent, so that a "/" always separates segments. Repeated slashes
/// are kept, and a backslash is a character like any other. Says false where an escape is malformed, where a NUL is in it, and where
/// ".." leads above the root.
[[nodiscard]] bool normalise_path(std::string_view raw, std::string& path);

}  // namespace ropeway::http
