#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ropeway/response.hpp>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/event.hpp"
#include "core/src/protocol/http1/connection_state.hpp"
#include "core/src/protocol/http1/serializer.hpp"
#include "core/src/protocol/limits.hpp"
#include "core/src/protocol/send_queue.hpp"

namespace ropeway::protocol::http1 {

/// The server's side of one HTTP/1.1 connection, without I/O (RFC 9112): bytes in, events out; responses in, bytes out.
///
/// One request at a time: after `request_head` its owner answers with `respond` (and `write`/`finish` for a stream); `next` gives the
/// next request's head only when both the request and its response have ended (pipelined bytes wait in the buffer).
/// An answer may come before the body has: what is left of the body is then dropped when it is small, without events, otherwise `closing`
/// becomes true.
/// Whatever the bytes, `next` gives events or one error, in memory bounded by `Limits`, and the events do not depend on how the
/// bytes were split (but for the cuts between `body_data`). Not thread-safe. Does not throw but for lack of memory.
///
/// While nothing is buffered (`release`), a codec holds no heap memory at all. In use, its memory comes from a free list of the thread.
class Codec {
 public:
  explicit Codec(const Limits& limits) noexcept;  // `limits` outlives the codec
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  /// Where to receive the next bytes, when `next` gave `need_input`. Ends with `commit`.
  /// The head of the request that is in progress stays where it is; views of `body_data` end here.
  /// There is room for at least one byte wherever input is needed to go on. It is empty (so do not receive) only while a complete request
  /// waits for its response and pipelined bytes fill the buffer. Once `closing`, what is received is thrown away.
  [[nodiscard]] std::span<char> prepare();
  void commit(std::size_t count) noexcept;
  /// The peer has ended its side.
  void commit_end() noexcept { state_.end_input(); }
  /// What follows in the bytes received. After an error it gives `need_input` and nothing else; `end_of_input` is given again and again.
  [[nodiscard]] Event next();

  /// The request in progress, after `request_head` and until its response has ended. Its views live until the `next` or `prepare` after that.
  [[nodiscard]] http::RequestHead& head();

  /// Whether the request in progress, or the one that is refused before it could begin, is HEAD: then its answer has no content (RFC 9110 §9.3.2).
  [[nodiscard]] bool is_head_request() const noexcept;

  /// Of a request whose head is not complete, or is refused: method, target and version, for logs. nullptr where they were not read.
  [[nodiscard]] const http::RequestHead* unfinished_head() const noexcept;

  /// Fields that every response gets, ready as text ("Date: ...\r\nServer: ...\r\n"); views live during the call.
  struct ResponseOptions {
    std::string_view common_fields = {};
    bool close = false;  ///< ask for `Connection: close` (drain, limits)
  };
  /// Queues "100 Continue" where the request in progress expects it, none of its content has come, and nothing was answered.
  void send_continue();
  /// Queues an interim response with `fields`, complete lines, where the request in progress is of HTTP/1.1 (RFC 9110 §15.2) and not answered
  /// yet. `status`: 100 to 199, but 101.
  void send_interim(Status status, std::string_view fields);
  /// Queues "100 Continue" where the request in progress is of HTTP/1.1 and not answered yet: it says nothing, and a client that has closed
  /// the connection refuses it.
  void send_still_here();
  /// Queues the response of the request in progress: its head, and its body unless the request was HEAD or the status forbids one.
  /// A stream's head is queued and `write`, `finish` follow: chunked, or ended by closing for HTTP/1.0.
  /// A response with a stream is left to the caller, its body untouched; says whether content has to be streamed.
  bool respond(Response& response, const ResponseOptions& options);
  /// Queues the head of `response`, a 101, to the request in progress, which has no body. What follows in either direction is not HTTP any more:
  /// gives the bytes that have come of it. Once the output is sent, the owner calls `let_go`, and nothing else but `has_output`.
  [[nodiscard]] std::string switch_protocols(const Response& response, std::string_view common_fields);
  void let_go() noexcept;
  void write(std::string_view data);
  /// How much may still be written; where the response has said how much that is, all of it must be before `finish`.
  [[nodiscard]] std::uint64_t stream_left() const noexcept { return stream_left_; }
  /// `trailer_fields`: complete lines that follow a chunked body (RFC 9112 §7.1.2); otherwise they are dropped.
  void finish(std::string_view trailer_fields = {});
  /// Queues the answer to an error that `next` gave, or to a deadline; the connection closes behind it. A streamed body is not sent.
  /// Queues nothing where the request in progress has been answered already, in part or in whole.
  void respond_error(Response& response, const ResponseOptions& options);

  /// What is owed to the peer. Takes memory from the free list where the codec holds none; ask `has_output` first.
  [[nodiscard]] SendQueue& output();
  [[nodiscard]] bool has_output() const noexcept;
  /// Whether the connection has to be closed when the output has been sent: by the peer's or our `Connection: close`, by version, after an
  /// error. While a response is still to come or to end, it is false.
  [[nodiscard]] bool closing() const noexcept { return state_.closing(); }
  /// Whether the peer may still be sending when the connection closes, so that closing must linger for it to read the answer (RFC 9112 §9.6).
  [[nodiscard]] bool must_linger() const noexcept;
  /// Whether no byte of a next request was received and none is in progress; otherwise its header deadline runs, or it does.
  [[nodiscard]] bool between_requests() const noexcept;
  /// Whether a response's head was queued for the request in progress.
  [[nodiscard]] bool responded() const noexcept { return state_.response() != ConnectionState::Response::none; }
  /// Bytes of content that the request in progress has brought so far.
  [[nodiscard]] std::uint64_t body_received() const noexcept { return body_received_; }

  /// Gives back memory that is not in use; called when the connection becomes idle.
  void release() noexcept;

 private:
  struct Storage;  // receive buffer, parser, head, send queue: from the thread's free list while in use

  Storage& storage();
  void await_next_request() noexcept;
  Event next_head();
  Event next_content();
  Event next_chunk();
  Event fail(ProtocolError error) noexcept;
  bool drop_content() noexcept;
  [[nodiscard]] std::optional<ProtocolError> begin_request();
  [[nodiscard]] bool content_must_close() const noexcept;

  const Limits* limits_;
  std::unique_ptr<Storage> storage_;
  std::uint64_t content_left_ = 0;  // of the request in progress, where it is not chunked
  std::uint64_t body_received_ = 0;
  std::uint64_t stream_left_ = Body::unknown_length;
  ConnectionState state_;
  Version version_ = Version::http_1_1;  // down to stream_: of the request in progress
  bool head_request_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool continue_awaited_ = false;  // the peer waits for "100 Continue", for all we know
  StreamCoding stream_ = StreamCoding::none;
};

}  // namespace ropeway::protocol::http1
