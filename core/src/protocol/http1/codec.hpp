#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <ropeway/response.hpp>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/event.hpp"
#include "core/src/protocol/limits.hpp"
#include "core/src/protocol/send_queue.hpp"

namespace ropeway::protocol::http1 {

/// The server's side of one HTTP/1.1 connection, without I/O (RFC 9112): bytes in, events out; responses in, bytes out.
///
/// One request at a time: after `request_head` its owner answers with `respond` (and `write`/`finish` for a stream); `next` gives the
/// next request's head only when both the request and its response have ended (pipelined bytes wait in the buffer).
/// An answer may come before the body has: what is left of the body is then dropped when it is small, otherwise `closing` becomes true.
/// Whatever the bytes, `next` gives events or one error, in memory bounded by `Limits`, and the events do not depend on how the
/// bytes were split (but for the cuts between `body_data`). Not thread-safe. Does not throw but for lack of memory.
///
/// While nothing is buffered (`release`), a codec holds no heap memory at all.
class Codec {
 public:
  explicit Codec(const Limits& limits) noexcept;  // `limits` outlives the codec
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  /// Where to receive the next bytes: at least one byte of room. Ends with `commit`. Not to be called after an error.
  /// The head of the request that is in progress stays where it is; views of `body_data` end here.
  [[nodiscard]] std::span<char> prepare();
  void commit(std::size_t count);
  /// The peer has ended its side.
  void commit_end() noexcept;
  [[nodiscard]] Event next();

  /// The request in progress, after `request_head` and until its response has ended.
  [[nodiscard]] http::RequestHead& head() noexcept;

  /// Fields that every response gets, ready as text ("Date: ...\r\nServer: ...\r\n"); views live during the call.
  struct ResponseOptions {
    std::string_view common_fields;
    bool close = false;  ///< ask for `Connection: close` (drain, limits)
  };
  /// Queues "100 Continue" where the request in progress expects it and nothing was answered.
  void send_continue();
  /// Queues the response of the request in progress: its head, and its body unless the request was HEAD or the status forbids one.
  /// A stream's head is queued and `write`, `finish` follow: chunked, or ended by closing for HTTP/1.0.
  /// A response with a stream is left to the caller, its body untouched; says whether content has to be streamed.
  bool respond(Response& response, const ResponseOptions& options);
  void write(std::string_view data);
  void finish();
  /// Queues the answer to an error that `next` gave, or to a deadline; the connection closes behind it.
  void respond_error(Response& response, const ResponseOptions& options);

  [[nodiscard]] SendQueue& output() noexcept;
  /// Whether the connection has to be closed when the output has been sent: by the peer's or our `Connection: close`, by version, after an error.
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  /// Whether the peer may still be sending when the connection closes, so that closing must linger for it to read the answer.
  [[nodiscard]] bool must_linger() const noexcept;
  /// Whether a request has begun to arrive (its header deadline runs) or is in progress.
  [[nodiscard]] bool between_requests() const noexcept;
  /// Whether a response's head was queued for the request in progress.
  [[nodiscard]] bool responded() const noexcept;
  /// Bytes of content that the request in progress has brought so far.
  [[nodiscard]] std::uint64_t body_received() const noexcept;

  /// Gives back memory that is not in use; called when the connection becomes idle.
  void release() noexcept;

 private:
  struct Storage;  // receive buffer, head, send queue: from the thread's free list while in use
  // ... state
  const Limits* limits_;
  std::unique_ptr<Storage> storage_;
  bool closing_ = false;
};

}  // namespace ropeway::protocol::http1
