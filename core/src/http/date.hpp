#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace ropeway::http {

/// The size of a date as it is sent: "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t date_size = 29;

/// Writes `time` as an IMF-fixdate (RFC 9110 §5.6.7); independent of the locale, without allocation. A time outside the years 0 to 9999
/// is written as the nearest one inside.
void format_date(std::chrono::sys_seconds time, std::span<char, date_size> out) noexcept;

/// The time that `text` says in one of the three forms that RFC 9110 §5.6.7 has recipients accept; nothing where it is no date.
/// `now` settles the century of the oldest form, whose year has two digits: at most 50 years ahead of `now`, otherwise in the past.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text, std::chrono::sys_seconds now) noexcept;

}  // namespace ropeway::http
