#pragma once

// How a session waits until its socket is ready. One file decides which way stands behind the name `Readiness`:
//
//   reactor   an operation that stays in Asio's reactor and only says "ready"; one receive and one send a request and no epoll_ctl,
//             as a bare epoll loop has it. It uses Asio's private interface, which changed in 1.24, so it is for older versions.
//   portable  `async_wait` of the public interface: one epoll_ctl more for each wait.
//
// Both promise the same:
// - one wait at a time, and one of `Second` beside it; the callback runs once for each wait, on a thread of the io_context, also after `cancel`;
// - `wait_*` is the last thing that a thread does with the object: another thread may run the callback before it returns;
// - a thread that runs a handler after `wait_readable` says that it `goes_on`: then the callback does not wait until the thread is free;
// - `cancel` may be called by any thread that keeps the object from being closed meanwhile (the session set's lock);
// - a callback does not promise readiness: the operation that follows may find nothing and waits again.

#include <asio/detail/config.hpp>
#include <asio/version.hpp>

#if !defined(ROPEWAY_READINESS_PORTABLE) && ASIO_VERSION < 102400 && defined(ASIO_HAS_EPOLL)
#define ROPEWAY_READINESS_REACTOR 1
#include "core/src/server/readiness_reactor.hpp"
#else
#include "core/src/server/readiness_portable.hpp"
#endif

namespace ropeway::server {

/// How often in a row somebody reads from a socket that always has something, before other connections get their turn.
inline constexpr unsigned receives_before_others = 16;

}  // namespace ropeway::server
