#pragma once

#include <cstdint>
#include <optional>

namespace ropeway::server {

/// Both ends of a unix socket (SOCK_SEQPACKET, non-blocking) over which workers hand connections to each other between two requests;
/// owned by somebody else. What was given waits in the socket, whoever gave it, until a worker takes it. -1: none.
struct HandOverChannel {
  int give = -1;
  int take = -1;
};

/// A connection on its way from one worker to another.
struct HandedConnection {
  int descriptor = -1;         // the receiver's own
  std::uint64_t requests = 0;  // begun on it so far
  std::uint64_t slot = 0;      // of the keeper's table: `Keep::number_of`
  std::uint64_t keeper = 0;    // which keeper's; 0: it is not kept
};

/// Sends a duplicate of the connection's socket (SCM_RIGHTS). False where the channel is full or descriptors are short: later it may work.
/// The caller still has its own descriptor. Thread-safe.
[[nodiscard]] bool give_connection(int channel, const HandedConnection& connection) noexcept;
/// The next connection that waits, which becomes the caller's; nothing where none does. Thread-safe.
[[nodiscard]] std::optional<HandedConnection> take_connection(int channel) noexcept;

}  // namespace ropeway::server
