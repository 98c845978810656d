#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace ropeway {

/// Writes JSON into one string as it goes, with no tree and no allocation but the string's: some times faster than building a `nlohmann::json`.
///
///     JsonWriter json;
///     json.begin_object().member("id", 7).key("tags").begin_array().value("a").value("b").end_array().end_object();
///     return Response::json(json.take());
///
/// Strings are escaped; what is no UTF-8 in them becomes U+FFFD. Numbers have their shortest form that is read back as the same; NaN and the
/// infinities, which JSON has not, are null. What would be no JSON (a value without its key, an end too many) throws `std::logic_error`.
/// For a streamed body, send `text()` and `clear_text()` now and then; what has begun goes on. Not for several threads at once.
class JsonWriter {
 public:
  static constexpr unsigned most_depth = 64;

  JsonWriter() = default;
  /// Writes behind what `buffer` holds, in its memory.
  explicit JsonWriter(std::string buffer) noexcept : text_(std::move(buffer)) {}

  JsonWriter& begin_object() { return begin('{', true); }
  JsonWriter& end_object() { return end('}', true); }
  JsonWriter& begin_array() { return begin('[', false); }
  JsonWriter& end_array() { return end(']', false); }
  /// The name of the next value of an object.
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::nullptr_t) { return raw("null"); }
  JsonWriter& value(std::same_as<bool> auto boolean) { return raw(boolean ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  JsonWriter& value(T number) {
    if constexpr (std::is_signed_v<T>) {
      return integer(static_cast<std::int64_t>(number));
    } else {
      return unsigned_integer(static_cast<std::uint64_t>(number));
    }
  }
  JsonWriter& value(double number);
  JsonWriter& value(float number);
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : value(nullptr);
  }
  /// `json` as it is: it must be one JSON value.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

  /// Whether a whole value has been written, and every object and array in it ended.
  [[nodiscard]] bool complete() const noexcept { return depth_ == 0 && has_value_; }
  /// What has been written. The view ends with the next change of this object.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  void clear_text() noexcept { text_.clear(); }
  /// The text of a complete value, moved out; the writer is as new then. Throws `std::logic_error` where something has not ended.
  [[nodiscard]] std::string take();

 private:
  JsonWriter& begin(char bracket, bool is_object);
  JsonWriter& end(char bracket, bool is_object);
  JsonWriter& integer(std::int64_t number);
  JsonWriter& unsigned_integer(std::uint64_t number);
  void before_value();
  [[nodiscard]] bool in_object() const noexcept { return depth_ > 0 && (objects_ >> (depth_ - 1) & 1U) != 0; }
  [[noreturn]] static void misused(const char* what);

  std::string text_;
  std::uint64_t objects_ = 0;  // a bit for each level: whether it is an object
  unsigned depth_ = 0;
  bool has_value_ = false;  // on this level
  bool has_key_ = false;
};

}  // namespace ropeway
