#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/src/protocol/event.hpp"
#include "core/src/protocol/limits.hpp"

namespace ropeway::protocol::http1 {

/// Removes the chunked transfer coding (RFC 9112 §7.1). Holds no bytes itself: it keeps its place, so that input may end anywhere.
/// Chunk extensions and trailer fields are checked, bounded and dropped (§7.1.1, §7.1.2), but for trailer fields that somebody wants.
class ChunkedDecoder {
 public:
  enum class Outcome : std::uint8_t { need_input, data, end, failed };

  /// Keeps the trailer section's lines in `lines`, which must outlive the body, or be there until `reset`.
  void keep_trailers(std::string& lines) noexcept { trailers_ = &lines; }
  /// Begins a new body.
  void reset() noexcept { *this = ChunkedDecoder(); }
  /// Takes bytes off the front of `input` up to the end of the next piece of content (`data`), of the body, or of the input.
  [[nodiscard]] Outcome decode(std::string_view& input, const Limits& limits) noexcept;

  [[nodiscard]] std::string_view data() const noexcept { return data_; }
  [[nodiscard]] ProtocolError error() const noexcept { return {status_, reason_}; }

 private:
  enum class Step : std::uint8_t {
    size_start,
    size,
    size_blank,       // blanks between the size and ";"
    extension_start,  // behind ";"
    extension_name,
    extension_name_blank,  // blanks in front of "=" or the next ";"
    extension_equals,
    extension_token,
    extension_quoted,
    extension_quoted_pair,
    extension_quoted_end,
    extension_blank,  // blanks behind a value, which only another ";" may follow
    size_end,
    data,
    data_end,
    data_line_end,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_end,
    end,
  };
  // Each reads from `at` and gives where it stopped, or nullptr after `fail`.
  const char* read_size(const char* at, const char* end, const Limits& limits) noexcept;
  const char* read_trailers(const char* at, const char* end, const Limits& limits) noexcept;
  bool add_digit(char digit) noexcept;
  bool add_to_extension(char byte) noexcept;
  const char* fail(Status status, std::string_view reason) noexcept;

  std::string_view data_;
  std::string_view reason_;
  std::string* trailers_ = nullptr;
  std::uint64_t size_ = 0;          // of the chunk: what was read of the number, then what is left of the content
  std::uint64_t content_size_ = 0;  // of all chunks so far
  std::size_t extension_size_ = 0;  // of the extensions of all chunks so far
  std::size_t line_size_ = 0;       // bytes of the chunk's line, or of the trailer section, so far
  Status status_ = Status::bad_request;
  Step step_ = Step::size_start;
  bool ended_ = false;
};

}  // namespace ropeway::protocol::http1
