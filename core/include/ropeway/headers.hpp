#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropeway {

/// One field of a message. Both views belong to whatever the field was read from.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// Whether two field names are the same: ASCII letters compared without case (RFC 9110 §5.1).
[[nodiscard]] bool same_field_name(std::string_view left, std::string_view right) noexcept;

/// The number in a field `Content-Length` (RFC 9110 §8.6); nothing where that is none, also where there is no field.
[[nodiscard]] std::optional<std::uint64_t> parse_content_length(std::string_view value) noexcept;

/// The fields of a request, in the order received, as views that live as long as the `Request`.
class HeaderView {
 public:
  HeaderView() = default;
  explicit HeaderView(std::span<const HeaderField> fields) noexcept : fields_(fields) {}

  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

  /// The value of the first field of that name, or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// How many fields of that name there are.
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

 private:
  std::span<const HeaderField> fields_;
};

/// The fields of a response, owned, kept in the form in which they are sent ("Name: value\r\n" one after another).
///
/// Names must be tokens (RFC 9110 §5.6.2) and values must hold no CR, LF, NUL or other control character but tab
/// (RFC 9110 §5.5): `add` and `set` throw `std::invalid_argument` otherwise, so that no handler can inject a field.
/// Spaces and tabs around a value are no part of it (§5.5) and go.
/// Not safe for use from several threads at once. Memory that was grown is kept by `clear`, for reuse.
class Headers {
 public:
  /// Appends a field, also where one of that name exists (`Set-Cookie`).
  void add(std::string_view name, std::string_view value);
  /// Replaces every field of that name with this one.
  void set(std::string_view name, std::string_view value);
  /// Removes every field of that name; says whether there was one.
  bool remove(std::string_view name);
  /// The value of the first field of that name, or nothing. The view ends with the next change of this object.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
  [[nodiscard]] bool empty() const noexcept { return spans_.empty(); }
  /// Field number `index`, which must be less than `size()`. The views end with the next change of this object.
  [[nodiscard]] HeaderField operator[](std::size_t index) const noexcept;
  /// All fields as sent in HTTP/1.1, each ended by CR LF. The view ends with the next change of this object.
  [[nodiscard]] std::string_view wire() const noexcept { return text_; }
  void clear() noexcept;
  /// Bytes of memory held.
  [[nodiscard]] std::size_t capacity() const noexcept;

 private:
  struct Span {
    std::uint32_t begin;       // of the name, in text_
    std::uint32_t name_size;   // the value follows ": "
    std::uint32_t value_size;  // CR LF follows the value
  };
  std::string text_;
  std::vector<Span> spans_;
};

}  // namespace ropeway
