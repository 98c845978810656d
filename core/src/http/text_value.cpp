#include <ropeway/text_value.hpp>

#include <charconv>
#include <cmath>

#include <ropeway/http_error.hpp>

#include "core/src/http/quoted.hpp"

namespace ropeway {
namespace {

template <class Number>
std::optional<Number> whole_text(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(number) : std::nullopt;
}

std::string place_text(ValuePlace place) { return "The " + std::string(place.kind) + " " + http::quoted(place.name); }

}  // namespace

std::optional<std::int64_t> integer_from(std::string_view text) noexcept { return whole_text<std::int64_t>(text); }

std::optional<std::uint64_t> unsigned_from(std::string_view text) noexcept { return whole_text<std::uint64_t>(text); }

std::optional<double> number_from(std::string_view text) noexcept {
  const auto number = whole_text<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<bool> boolean_from(std::string_view text) noexcept {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

void refuse_value(ValuePlace place, std::string_view value, const std::string& expected) {
  throw HttpError(Status::bad_request, place_text(place) + " is " + http::quoted(value) + "; expected " + expected + ".");
}

void refuse_missing(ValuePlace place, const std::string& expected) {
  throw HttpError(Status::bad_request, place_text(place) + " is missing; expected " + expected + ".");
}

std::string whole_number_between(std::int64_t least, std::uint64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace ropeway
