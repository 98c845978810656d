#pragma once

#include <string>
#include <string_view>

namespace ropeway::http {

/// What becomes of slashes side by side ("/a//b"), which RFC 3986 takes for empty segments and many servers for one slash.
enum class RepeatedSlashes : unsigned char { keep, merge, refuse };

/// Whether `raw`, a path as sent, is its own normal form for certain: it has no escape, no NUL, and no segment that begins with a dot.
/// A single pass, eight bytes at a time.
[[nodiscard]] bool is_plain_path(std::string_view raw) noexcept;

/// Writes the normal form of `raw`, which begins with "/", to `path`: percent-decoded once, then without "." and ".." segments
/// (RFC 3986 §5.2.4), so that "%2e%2e" counts as "..". "%2F" stays as sent, so that a "/" always separates segments; a backslash is a
/// character like any other. Slashes that are to be merged are so before ".." takes the segment in front of it. Says false where an escape
/// is malformed, where a NUL is in it, where ".." leads above the root, and for slashes that are to be refused.
[[nodiscard]] bool normalise_path(std::string_view raw, std::string& path, RepeatedSlashes slashes = RepeatedSlashes::keep);

/// Why `normalise_path` refuses `raw`, as a sentence.
[[nodiscard]] std::string_view path_fault(std::string_view raw, RepeatedSlashes slashes) noexcept;

}  // namespace ropeway::http
