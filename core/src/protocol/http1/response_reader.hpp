#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ropeway/headers.hpp>
#include <ropeway/request.hpp>
#include <ropeway/status.hpp>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/http1/chunked.hpp"
#include "core/src/protocol/http1/parser.hpp"
#include "core/src/protocol/limits.hpp"
#include "core/src/protocol/receive_buffer.hpp"

namespace ropeway::protocol::http1 {

/// What a `ResponseReader` found in the bytes received. Views live until the next `prepare`.
struct ResponseEvent {
  enum class Kind : std::uint8_t {
    need_input,  ///< nothing more in the bytes received so far
    interim,     ///< the head of a 1xx is there; another head follows, but behind 101, which ends HTTP on this connection
    head,        ///< the head of the answer itself
    data,        ///< a piece of its content, transfer coding removed
    end,         ///< all of it has been read; given again and again
    error,       ///< `reason`; given again and again
  };
  Kind kind = Kind::need_input;
  std::string_view data;
  std::string_view reason;  ///< static text
};

/// The client's side of reading: the response to one request, without I/O (RFC 9112 §2.1, §4, §6.3).
///
/// As strict as the reading of requests, since what two readers understand differently lets one user's answer reach another: lines end in
/// CR LF, no field is folded, Content-Length stands there once and not beside Transfer-Encoding, and that is "chunked" and nothing else.
/// Whatever the bytes, it gives events and at most one error, in memory bounded by `Limits`, and they do not depend on how the bytes were
/// split (but for the cuts between pieces of content). Not thread-safe. Does not throw but for lack of memory.
class ResponseReader {
 public:
  /// `limits` outlives the reader. `to_head`: the request was HEAD, so there is no content (RFC 9110 §9.3.2).
  ResponseReader(const Limits& limits, bool to_head) noexcept : limits_(&limits), parser_(limits), to_head_(to_head) {}
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  /// Where to receive the next bytes, when `next` gave `need_input`; never empty then. Ends with `commit`.
  [[nodiscard]] std::span<char> prepare();
  void commit(std::size_t count) noexcept { input_.commit(count); }
  /// The peer has ended its side.
  void commit_end() noexcept { input_ended_ = true; }
  [[nodiscard]] ResponseEvent next();

  /// After `interim` or `head`, until the next call of `next`.
  [[nodiscard]] Status status() const noexcept { return status_; }
  [[nodiscard]] Version version() const noexcept { return head_.version; }
  [[nodiscard]] HeaderView fields() const noexcept { return HeaderView(head_.fields); }
  /// After `head`: how much content there is, where that is known (of an answer to HEAD: how much there would have been).
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
  [[nodiscard]] bool has_content() const noexcept { return content_ != Content::none; }
  /// After `end`: the lines of the trailer section, as they came, with the empty one.
  [[nodiscard]] std::string_view trailers() const noexcept { return trailers_; }
  /// After `end`: whether another request may be sent on the connection. Not where anything has come behind the response: nobody asked for it.
  [[nodiscard]] bool is_reusable() const noexcept { return step_ == Step::end && keeps_ && !input_ended_ && input_.empty(); }
  /// Whether any byte has come.
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_ || !input_.empty(); }
  /// After a 101: what came behind its head.
  [[nodiscard]] std::string_view unread() const noexcept { return input_.unread(); }

 private:
  enum class Step : std::uint8_t { status_line, fields, content, end, failed };
  enum class Content : std::uint8_t { none, sized, chunked, until_close };

  ResponseEvent next_head();
  ResponseEvent next_content();
  ResponseEvent next_chunk();
  ResponseEvent fail(std::string_view reason) noexcept;
  [[nodiscard]] std::string_view read_status_line(std::string_view line) noexcept;
  [[nodiscard]] std::string_view decide_content() noexcept;

  const Limits* limits_;
  ReceiveBuffer input_;
  Parser parser_;
  http::RequestHead head_;  // of which only the version and the fields are used
  ChunkedDecoder chunks_;
  std::string trailers_;
  std::string_view reason_;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;
  std::size_t looked_at_ = 0;  // of the status line: no LF before
  std::size_t head_bytes_ = 0;
  Status status_ = Status::ok;
  Step step_ = Step::status_line;
  Content content_ = Content::none;
  bool to_head_;
  bool keeps_ = false;
  bool input_ended_ = false;
  bool has_begun_ = false;
};

}  // namespace ropeway::protocol::http1
