#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/src/protocol/send_queue.hpp"

namespace ropeway::server {

/// What became of a transfer that does not wait.
enum class Transfer : std::uint8_t {
  done,         ///< something was transferred (a receive), or all of it (a send)
  would_block,  ///< wait until the socket is ready
  unfinished,   ///< a send has done its share; there is more, and others come first
  ended,        ///< the peer has ended its side (a receive)
  truncated,    ///< a file that is to be sent has become shorter
  failed,       ///< the connection is of no use any more
};

/// What is known of a peer.
enum class Peer : std::uint8_t {
  connected,           ///< or so it seems
  has_ended_its_side,  ///< it may have closed, or may still read
  gone,                ///< it has closed both
};

/// A stream socket (TCP or unix) that never waits, owned. It knows nothing of HTTP.
class TcpTransport {
 public:
  /// Takes over `descriptor`, a non-blocking socket.
  explicit TcpTransport(int descriptor) noexcept : descriptor_(descriptor) {}
  ~TcpTransport() { close(); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// One system call; sets `count` to the bytes received.
  [[nodiscard]] Transfer receive(std::span<char> room, std::size_t& count) noexcept;
  /// Sends and consumes what is in `queue`: gathered memory in one call, files without a copy. A file that has become shorter than
  /// what was promised of it is a failure, since the response cannot be completed. Gives `unfinished` after some megabytes.
  /// Of a file that its peer is slow to take the kernel holds no more than some hundred kilobytes.
  [[nodiscard]] Transfer send(protocol::SendQueue& queue) noexcept;
  /// One system call; takes from `bytes` what the kernel has taken, perhaps a part of them (`done`).
  [[nodiscard]] Transfer send(std::string_view& bytes) noexcept;
  /// Ends our side; the peer can still send (lingering close, RFC 9112 §9.6).
  void shutdown_send() noexcept;
  /// Ends both sides, for whoever else has the socket open, too.
  void shutdown() noexcept;
  /// Whether the peer has ended its side and everything before that was read. One system call, nothing is consumed.
  [[nodiscard]] bool peer_has_ended() const noexcept;
  /// The same and more: one system call, and nothing is consumed.
  [[nodiscard]] Peer peer() const noexcept;
  /// Whether bytes wait to be read. One system call, nothing is consumed.
  [[nodiscard]] bool has_input() const noexcept;
  /// The port at our end; 0 of a unix socket.
  [[nodiscard]] std::uint16_t local_port() const noexcept;
  /// The address at our end, as `format_peer_address` writes it; empty where there is none.
  [[nodiscard]] std::string local_address() const;
  void close() noexcept;

 private:
  void bound_backlog() noexcept;
  int descriptor_;
  bool bounded_ = false;  // by `bound_backlog`
};

}  // namespace ropeway::server
