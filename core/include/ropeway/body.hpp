#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/headers.hpp>

namespace ropeway {

/// An open file descriptor that is closed with its last owner. Shared, because a cache and several responses may send from it.
class OpenFile {
 public:
  /// Takes over `descriptor`, which must be open.
  explicit OpenFile(int descriptor) noexcept : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

/// `length` bytes of a file from `offset` on. A file that has become shorter when it is sent ends the connection.
struct FileSlice {
  std::shared_ptr<const OpenFile> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Bytes that several responses share and nobody changes: `view` must stay valid as long as `owner` lives.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::string_view view;
};

/// Where a streamed response body is written. Each write waits while the client is slow (back-pressure), so memory is bounded
/// by `limits.send_buffer_bytes`. Valid inside the coroutine that received it; one write at a time.
class BodyWriter {
 public:
  /// Sends `data`, or queues it behind what is being sent. The bytes are copied before the call suspends.
  /// Throws `ConnectionLost` when the client has gone or a deadline has passed.
  [[nodiscard]] virtual awaitable<void> write(std::string_view data) = 0;
  /// Sends what is queued now, without waiting for more.
  [[nodiscard]] virtual awaitable<void> flush() = 0;
  /// Fields to be sent behind the body (RFC 9110 §6.5), to be set before the stream ends: a checksum, the outcome. Only a client that said
  /// `TE: trailers` gets them, in HTTP/1.1; for others they are dropped, and so are fields that only mean something in front of the body
  /// (framing, routing, caching, what the content is: §6.5.1). Announce them with the response's field `Trailer`.
  [[nodiscard]] virtual Headers& trailers() = 0;
  /// Is asked to stop when the client is known to have gone, and when the worker ends (a stop, a reload): for streams that have no end of their
  /// own. Those that have one go on, and have `timeouts.drain` for it. Thread-safe.
  [[nodiscard]] virtual std::stop_token stop_token() = 0;

 protected:
  ~BodyWriter() = default;
};

/// Produces a streamed response body; the body ends when it returns. What it captures must outlive it (capture by value).
using BodyStream = std::function<awaitable<void>(BodyWriter&)>;

/// Where the body of a request is read piece by piece. Valid as long as its `Request`; one read at a time.
class BodyReader {
 public:
  /// The next piece, valid until the next call; empty at the end. Throws `HttpError` (413, 400, 408) when the body is refused
  /// and `ConnectionLost` when the client has gone.
  [[nodiscard]] virtual awaitable<std::string_view> read() = 0;

 protected:
  ~BodyReader() = default;
};

/// The content of a response: nothing, text, shared bytes, part of a file, several parts, or a stream.
class Body {
 public:
  struct Part;  // of a body made of several pieces (multipart/byteranges)
  using Parts = std::shared_ptr<const std::vector<Part>>;

  Body() = default;

  /// Copies `text` into memory that this object keeps for reuse.
  void assign(std::string_view text);
  void assign(const char* text) { assign(std::string_view(text)); }
  /// Takes `text` over where that is cheaper than a copy.
  void assign(std::string&& text);
  void assign(SharedBytes bytes) { content_ = std::move(bytes); }
  void assign(FileSlice slice) { content_ = std::move(slice); }
  void assign(Parts parts) { content_ = std::move(parts); }
  /// `length`: how much the stream will write, where that is known beforehand; clients are told then. One that writes more fails with
  /// `std::length_error`, and one that writes less is cut off.
  void assign(BodyStream stream, std::uint64_t length = unknown_length) {
    content_ = std::move(stream);
    stream_length_ = length;
  }

  /// Whether there is no content at all (an empty text counts as content of length 0 and is empty too).
  [[nodiscard]] bool empty() const noexcept;
  /// Length in bytes; for a stream, `unknown_length` where it was not given.
  [[nodiscard]] std::uint64_t size() const noexcept;
  static constexpr std::uint64_t unknown_length = UINT64_MAX;

  /// The text or shared bytes; empty for the other kinds. Ends with the next change of this object.
  [[nodiscard]] std::string_view text() const noexcept;
  /// The text itself, moved out, so that a large one is sent from where it is; empty for the other kinds. The body is empty then.
  [[nodiscard]] std::string take_text() noexcept;
  [[nodiscard]] const SharedBytes* shared() const noexcept { return std::get_if<SharedBytes>(&content_); }
  [[nodiscard]] const FileSlice* file() const noexcept { return std::get_if<FileSlice>(&content_); }
  [[nodiscard]] const Parts* parts() const noexcept { return std::get_if<Parts>(&content_); }
  [[nodiscard]] BodyStream* stream() noexcept { return std::get_if<BodyStream>(&content_); }
  [[nodiscard]] bool is_stream() const noexcept { return std::holds_alternative<BodyStream>(content_); }

  /// Forgets the content and keeps the text's memory, unless that is large.
  void clear() noexcept;

 private:
  struct Text {};
  std::string text_;  // kept apart, so that its memory survives `clear`
  std::variant<std::monostate, Text, SharedBytes, FileSlice, Parts, BodyStream> content_;
  std::uint64_t stream_length_ = unknown_length;
};

/// A piece of a body: bytes that it owns, then part of a file (either may be empty).
struct Body::Part {
  std::string text;
  FileSlice slice;
};

}  // namespace ropeway
