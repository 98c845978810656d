#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ropeway::handlers {

/// `bytes` as valid UTF-8: each byte that belongs to no well-formed character becomes U+FFFD (Unicode 15, table 3-7).
[[nodiscard]] std::string valid_utf8(std::string_view bytes);

/// A file's name for people: valid UTF-8, and control characters as their symbols (a line feed as "␊"). Not yet escaped for HTML.
[[nodiscard]] std::string shown_name(std::string_view name);

/// "417 B", "1.3 KiB", "12 MiB"
[[nodiscard]] std::string shown_size(std::uint64_t bytes);

/// "2026-11-23 14:31", in UTC
[[nodiscard]] std::string shown_time(std::chrono::system_clock::time_point time);
/// "2026-11-23T14:31:59Z" (RFC 3339)
[[nodiscard]] std::string iso_time(std::chrono::system_clock::time_point time);

/// `text` as a JSON string with its quotes; made valid UTF-8 first.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace ropeway::handlers
