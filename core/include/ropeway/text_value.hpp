#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ropeway {

/// The texts that stand for the values of an enumeration, in the order in which errors name them. To be specialised:
///
///     template <>
///     struct ropeway::ValueNames<Order> {
///       static constexpr std::pair<std::string_view, Order> values[] = {{"newest", Order::newest}, {"oldest", Order::oldest}};
///     };
template <class Enum>
struct ValueNames;

/// A type that says itself how it is read from text: `static std::optional<T> from_text(std::string_view)`, and for errors
/// `static constexpr std::string_view text_form = "a date such as 2026-11-27"`.
template <class T>
concept FromText = requires(std::string_view text) {
  { T::from_text(text) } -> std::same_as<std::optional<T>>;
  { T::text_form } -> std::convertible_to<std::string_view>;
};

/// What stands in for a value in an error: "parameter", "id".
struct ValuePlace {
  std::string_view kind;
  std::string_view name;
};

/// Decimal digits with "-" in front of negative ones, and nothing else; nothing where it is not that, or too large for the type.
[[nodiscard]] std::optional<std::int64_t> integer_from(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::uint64_t> unsigned_from(std::string_view text) noexcept;
/// A finite decimal number, such as "-0.25" or "1e6".
[[nodiscard]] std::optional<double> number_from(std::string_view text) noexcept;
/// "true" or "1", "false" or "0".
[[nodiscard]] std::optional<bool> boolean_from(std::string_view text) noexcept;

/// Throws `HttpError` 400: its text names the place, shows the value (printable, and cut where it is long), and says what was expected.
[[noreturn]] void refuse_value(ValuePlace place, std::string_view value, const std::string& expected);
/// The same for a value that is not there.
[[noreturn]] void refuse_missing(ValuePlace place, const std::string& expected);
[[nodiscard]] std::string whole_number_between(std::int64_t least, std::uint64_t most);

/// `text` as a T: a whole number, a floating-point number, `bool`, `std::string`, an enumeration with `ValueNames`, or a type with `from_text`.
/// Nothing where it is none.
template <class T>
[[nodiscard]] std::optional<T> value_from(std::string_view text) {
  if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return T(text);
  } else if constexpr (std::same_as<T, bool>) {
    return boolean_from(text);
  } else if constexpr (std::signed_integral<T>) {
    const auto value = integer_from(text);
    return value && std::in_range<T>(*value) ? std::optional(static_cast<T>(*value)) : std::nullopt;
  } else if constexpr (std::unsigned_integral<T>) {
    const auto value = unsigned_from(text);
    return value && std::in_range<T>(*value) ? std::optional(static_cast<T>(*value)) : std::nullopt;
  } else if constexpr (std::floating_point<T>) {
    const auto value = number_from(text);
    return value ? std::optional(static_cast<T>(*value)) : std::nullopt;
  } else if constexpr (FromText<T>) {
    return T::from_text(text);
  } else {
    static_assert(std::is_enum_v<T>, "read a number, bool, std::string, an enumeration with ropeway::ValueNames, or a type with from_text");
    for (const auto& [name, value] : ValueNames<T>::values) {
      if (name == text) return value;
    }
    return std::nullopt;
  }
}

/// What texts of a T look like, for an error: "a whole number from 0 to 255".
template <class T>
[[nodiscard]] std::string form_of_value() {
  if constexpr (std::same_as<T, bool>) {
    return "\"true\" or \"false\"";
  } else if constexpr (std::integral<T>) {
    return whole_number_between(static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  } else if constexpr (std::floating_point<T>) {
    return "a number";
  } else if constexpr (FromText<T>) {
    return std::string(std::string_view(T::text_form));
  } else if constexpr (std::is_enum_v<T>) {
    std::string form = "one of";
    std::string_view separator = " \"";
    for (const auto& [name, value] : ValueNames<T>::values) {
      form.append(separator).append(name);
      separator = "\", \"";
    }
    return form + '"';
  } else {
    return "text";
  }
}

/// Whether a type is a `std::optional`, and of what.
template <class T>
struct OptionalValue : std::false_type {
  using Value = T;
};
/// One that is.
template <class T>
struct OptionalValue<std::optional<T>> : std::true_type {
  using Value = T;
};

/// `text`, or where that is nothing what a missing value means, as a T. `std::optional<V>` may be missing; an empty text counts as missing
/// where a V cannot be empty, as a field of a form that nobody has filled in. Throws `HttpError` 400.
template <class T>
[[nodiscard]] T require_value(ValuePlace place, const std::optional<std::string_view>& text) {
  using Value = typename OptionalValue<T>::Value;
  if constexpr (OptionalValue<T>::value) {
    if (!text || (text->empty() && !std::same_as<Value, std::string>)) return std::nullopt;
  }
  if (!text) refuse_missing(place, form_of_value<Value>());
  auto value = value_from<Value>(*text);
  if (!value) refuse_value(place, *text, form_of_value<Value>());
  return T(std::move(*value));
}

}  // namespace ropeway
