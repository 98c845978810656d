#pragma once

namespace ropeway::server {

/// The first of three steps by which a listener ends without losing a connection: this one, `accept` until there is none, `shutdown`. Without
/// it, a connection that comes about between the second and the third is reset, together with the request that its client has sent already.
///
/// Lets no more connections come about. Of a TCP socket: requests for one (SYN) are dropped, so their clients ask again after a second, and
/// find what is there then; handshakes that have begun go on. Of a unix socket: clients are refused; `accept` still gives those that wait.
/// What the kernel does not let us do is left out. Async-signal-safe.
void stop_newcomers(int listener) noexcept;

}  // namespace ropeway::server
