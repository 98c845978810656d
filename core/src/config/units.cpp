#include "core/src/config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <ropeway/json_document.hpp>

namespace ropeway::config {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};
// The longer suffix first: "ms" before "s" and "m".
constexpr std::array<Unit, 5> duration_units{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"", 1000}}};
constexpr std::array<Unit, 4> size_units{{{"k", 1LL << 10}, {"M", 1LL << 20}, {"G", 1LL << 30}, {"T", 1LL << 40}}};

std::optional<std::int64_t> parse_digits(std::string_view text) noexcept {
  std::int64_t number = 0;
  if (text.starts_with('-')) return std::nullopt;  // from_chars takes that one sign
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> multiply(std::int64_t number, std::int64_t factor) noexcept {
  if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
  for (const Unit& unit : duration_units) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.suffix.size());
    const std::size_t point = number.find('.');
    const auto whole = parse_digits(number.substr(0, point));
    if (!whole) return std::nullopt;
    auto total = multiply(*whole, unit.factor);
    if (!total || point == std::string_view::npos) return total;
    const std::string_view decimals = number.substr(point + 1);
    if (decimals.empty() || decimals.size() > 9) return std::nullopt;
    const auto fraction = parse_digits(decimals);
    if (!fraction) return std::nullopt;
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
    const std::int64_t scaled = *fraction * unit.factor;  // below 10^9 * 3.6 * 10^6
    if (scaled % scale != 0 || *total > std::numeric_limits<std::int64_t>::max() - scaled / scale) return std::nullopt;
    return *total + scaled / scale;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) noexcept {
  for (const Unit& unit : size_units) {
    if (text.empty() || lower(text.back()) != lower(unit.suffix.front())) continue;
    const auto number = parse_digits(text.substr(0, text.size() - 1));
    return number ? multiply(*number, unit.factor) : std::nullopt;
  }
  return parse_digits(text);
}

std::optional<std::int64_t> whole_number_in(const nlohmann::json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

std::optional<std::int64_t> milliseconds_in(const nlohmann::json& value) {
  if (value.is_string()) return parse_duration(value.get_ref<const std::string&>());
  if (const auto seconds = whole_number_in(value)) return *seconds < 0 ? std::nullopt : multiply(*seconds, 1000);
  if (!value.is_number_float()) return std::nullopt;
  const double milliseconds = value.get<double>() * 1000.0;
  const double rounded = std::round(milliseconds);
  if (!(rounded >= 0 && rounded < 9e15) || std::abs(milliseconds - rounded) > 1e-6) return std::nullopt;
  return static_cast<std::int64_t>(rounded);
}

std::optional<std::int64_t> bytes_in(const nlohmann::json& value) {
  if (value.is_string()) return parse_size(value.get_ref<const std::string&>());
  const auto bytes = whole_number_in(value);
  return bytes && *bytes >= 0 ? bytes : std::nullopt;
}

std::string duration_text(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  for (const Unit& unit : {Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000}}) {
    const bool readable = unit.factor == 1000 || milliseconds / unit.factor >= 2 || milliseconds == unit.factor;
    if (milliseconds % unit.factor == 0 && readable) return std::to_string(milliseconds / unit.factor) + std::string(unit.suffix);
  }
  return std::to_string(milliseconds) + "ms";
}

std::string size_text(std::int64_t bytes) {
  for (auto unit = size_units.rbegin(); unit != size_units.rend(); ++unit) {
    if (bytes != 0 && bytes % unit->factor == 0) return std::to_string(bytes / unit->factor) + std::string(unit->suffix);
  }
  return std::to_string(bytes);
}

}  // namespace ropeway::config
