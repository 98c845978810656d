#pragma once

#include <cstdint>
#include <optional>

#include "core/src/observability/peer.hpp"

namespace ropeway::server {

/// Both ends of a unix socket (SOCK_SEQPACKET, non-blocking) over which workers hand connections to each other between two requests;
/// owned by somebody else. What was given waits in the socket, whoever gave it, until a worker takes it. -1: none.
struct HandOverChannel {
  int give = -1;
  int take = -1;
};

/// What is known of a connection's client from a PROXY header, which comes once, before the first request, and only at addresses where that
/// was configured (`proxy_protocol`). It goes with the connection, whoever has it.
struct ProxyHeader {
  enum class State : std::uint8_t {
    none,      ///< there is none: its peer is its client
    expected,  ///< not a byte of it was read
    told,      ///< it was read, and says who `client` is
    untold,    ///< it was read, and says nobody: the peer itself, or one whom it does not know
  };
  State state = State::none;
  observability::Peer client;
};

/// A connection on its way from one worker to another.
struct HandedConnection {
  int descriptor = -1;         // the receiver's own
  std::uint64_t requests = 0;  // begun on it so far
  std::uint64_t slot = 0;      // of the keeper's table: `Keep::number_of`
  std::uint64_t keeper = 0;    // which keeper's; 0: it is not kept
  ProxyHeader proxy_header{};
};

/// Sends a duplicate of the connection's socket (SCM_RIGHTS). False where the channel is full or descriptors are short: later it may work.
/// The caller still has its own descriptor. Thread-safe.
[[nodiscard]] bool give_connection(int channel, const HandedConnection& connection) noexcept;
/// The next connection that waits, which becomes the caller's; nothing where none does. Thread-safe.
[[nodiscard]] std::optional<HandedConnection> take_connection(int channel) noexcept;

}  // namespace ropeway::server
