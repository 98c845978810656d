#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ropeway::http {

/// Part of a representation, in bytes; `length` is at least 1.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

/// What a `Range` field asks for.
struct RangeSelection {
  static constexpr std::size_t max_ranges = 16;
  enum class Kind : std::uint8_t {
    whole,          ///< ignore the field and send everything
    partial,        ///< send `ranges()`, each of them satisfiable, in the order asked for
    unsatisfiable,  ///< answer 416
  };
  Kind kind = Kind::whole;
  std::size_t count = 0;
  std::array<ByteRange, max_ranges> storage;  // only `count` of them have a value

  [[nodiscard]] std::span<const ByteRange> ranges() const noexcept { return {storage.data(), count}; }
};

/// Reads `value`, of a `Range` field, for a representation of `size` bytes (RFC 9110 §14.1.2, §14.2).
///
/// The field is ignored, so that the whole is sent, where its unit is not "bytes", where it is malformed, and, so that a small request
/// cannot ask for much work, where it names more than 16 ranges or ranges that together are longer than the representation (which
/// they can only be where they overlap).
[[nodiscard]] RangeSelection select_ranges(std::string_view value, std::uint64_t size) noexcept;

/// The value of a `Content-Range` field (RFC 9110 §14.4), written without allocation.
class ContentRange {
 public:
  /// "bytes 0-499/1234"
  ContentRange(ByteRange range, std::uint64_t size) noexcept;
  /// "bytes */1234", for 416
  explicit ContentRange(std::uint64_t size) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  void append(std::string_view text) noexcept;
  void append(std::uint64_t number) noexcept;
  std::array<char, 72> text_;  // three numbers of 20 digits, "bytes ", "-" and "/"
  std::size_t size_ = 0;
};

}  // namespace ropeway::http
