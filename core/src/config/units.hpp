#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace ropeway::config {

inline constexpr std::int64_t minute_ms = 60'000;
inline constexpr std::int64_t hour_ms = 60 * minute_ms;

/// "250ms", "30s", "1.5m", "1h", or a number of seconds ("30"), as milliseconds. Nothing for any other text, for a fraction of a
/// millisecond, and for more than fits.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;
/// "512", "16k", "8M", "2G", "1T" (powers of 1024, either case), as bytes. Nothing for any other text, and for more than fits.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text) noexcept;

/// A duration as JSON has it: one of the texts above, or a number of seconds.
[[nodiscard]] std::optional<std::int64_t> milliseconds_in(const nlohmann::json& value);
/// A size as JSON has it: one of the texts above, or a whole number of bytes.
[[nodiscard]] std::optional<std::int64_t> bytes_in(const nlohmann::json& value);
/// A whole number that fits; nothing for 1.5, 1.0, 1e3 and for more than fits.
[[nodiscard]] std::optional<std::int64_t> whole_number_in(const nlohmann::json& value);

/// The shortest text that is read as the same number: 90000 -> "90s", 65536 -> "64k".
[[nodiscard]] std::string duration_text(std::int64_t milliseconds);
[[nodiscard]] std::string size_text(std::int64_t bytes);

}  // namespace ropeway::config
