#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/event.hpp"
#include "core/src/protocol/limits.hpp"

namespace ropeway::protocol::http1 {

/// What the fields of a head say about the message itself, noted while they are read.
struct HeadFacts {
  std::string_view host;
  std::string_view content_length;
  std::string_view transfer_encoding;
  std::uint32_t host_count = 0;
  std::uint32_t content_length_count = 0;
  std::uint32_t transfer_encoding_count = 0;
  bool close = false;                // Connection: close (RFC 9112 §9.6)
  bool keep_alive = false;           // Connection: keep-alive, which HTTP/1.0 needs
  bool expects_continue = false;     // Expect: 100-continue (RFC 9110 §10.1.1)
  bool unknown_expectation = false;  // Expect with anything else
};

/// Reads the head of a request: request line and fields (RFC 9112 §2.1, §3, §5), in place and in one pass.
///
/// It is a list of steps, each of which ends at the first byte that it does not want. Where the bytes end in the middle of a step, the step
/// and the place are remembered and the next call goes on from there, so that a head that arrives byte by byte costs no more than
/// one that arrives whole. What is decided depends on the bytes before the place alone, never on how many have arrived behind it.
///
/// Line ends are CR LF and nothing else: what a lenient reader takes for a line end is where request smuggling begins (RFC 9112 §11.2).
class Parser {
 public:
  enum class Outcome : std::uint8_t { incomplete, complete, failed };

  explicit Parser(const Limits& limits) noexcept : limits_(&limits) {}

  /// Goes on with the head that begins at the front of `bytes`, which holds at least what the last call saw, at the same address
  /// (where the bytes have moved, `reset` first). Fills the request line and the fields of `head`.
  [[nodiscard]] Outcome parse(std::string_view bytes, http::RequestHead& head);
  void reset() noexcept;
  /// Has the next `parse` begin with fields, behind a line of `size` bytes that somebody else has read (a response's status line).
  void reset_to_fields(std::size_t size) noexcept;

  /// Of a complete head: its length, the empty line included.
  [[nodiscard]] std::size_t size() const noexcept { return position_; }
  [[nodiscard]] const HeadFacts& facts() const noexcept { return facts_; }
  /// Of a failed head.
  [[nodiscard]] const ProtocolError& error() const noexcept { return error_; }
  /// Whether method, target and version of `head` are set, also where what follows them failed.
  [[nodiscard]] bool has_request_line() const noexcept { return step_ >= Step::field_start; }
  /// Whether `head.method` is set, also where what follows it failed.
  [[nodiscard]] bool has_method() const noexcept { return step_ > Step::method; }
  /// Whether anything but the empty line that may precede a request has been seen.
  [[nodiscard]] bool begun() const noexcept { return step_ > Step::method || (step_ == Step::method && position_ > mark_); }

 private:
  enum class Step : std::uint8_t {
    start,
    empty_line_end,
    method,
    target,
    version,
    version_end,
    request_line_end,
    field_start,
    field_name,
    before_value,
    field_value,
    field_end,
    head_end,
  };

  Outcome parse_request_line(const char*& at, const char* end, http::RequestHead& head);
  Outcome parse_fields(const char*& at, const char* end, http::RequestHead& head);
  Outcome parse_version(const char*& at, const char* end, http::RequestHead& head);
  void note(std::string_view name, std::string_view value);
  void note_expectations(std::string_view value);
  void note_connection(std::string_view value);
  Outcome fail(Status status, std::string_view reason) noexcept;

  const Limits* limits_;
  std::size_t position_ = 0;  // how far the bytes were read
  std::size_t mark_ = 0;      // where the method, target, name or value begins
  std::string_view name_;     // of the field whose value is being read
  const char* base_ = nullptr;
  Step step_ = Step::start;
  HeadFacts facts_;
  ProtocolError error_;
};

}  // namespace ropeway::protocol::http1
