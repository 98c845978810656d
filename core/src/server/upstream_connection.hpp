#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include <ropeway/awaitable.hpp>

#include "core/src/server/readiness.hpp"
#include "core/src/server/socket_waiter.hpp"
#include "core/src/server/tcp_transport.hpp"

namespace ropeway::server {

/// A connection to another server: a socket, and one coroutine at a time that waits for it.
///
/// It stays known to the event loop between requests, so that a wait costs no system call. Deadlines are a time stamp that the worker's sweep
/// compares, as a session's are; the sweep, and the end of the worker, wake it under the lock of its group.
class UpstreamConnection {
 public:
  using Time = std::chrono::milliseconds;  // as of `coarse_steady_time`

  /// Takes over `descriptor`, a non-blocking socket. `registration`: its group's lock.
  UpstreamConnection(Readiness::Context& context, std::mutex& registration, int descriptor);
  ~UpstreamConnection() { detach(); }
  UpstreamConnection(const UpstreamConnection&) = delete;
  UpstreamConnection& operator=(const UpstreamConnection&) = delete;

  [[nodiscard]] TcpTransport& transport() noexcept { return transport_; }
  /// Waits until the socket is ready, or `until` has passed, or for no reason. Throws `ConnectionLost` when the worker ends.
  [[nodiscard]] awaitable<void> wait_readable(Time until) { return wait(false, until); }
  [[nodiscard]] awaitable<void> wait_writable(Time until) { return wait(true, until); }
  /// From now on `callback` is called with `owner` where a wait for input is over; nobody waits here any more, but with `readiness` itself, as it
  /// likes, and under no deadline. For a tunnel, which reads and writes at the same time.
  void tell(Readiness::Callback callback, void* owner) noexcept {
    callback_ = callback;
    owner_ = owner;
  }
  [[nodiscard]] Readiness& readiness() noexcept { return readiness_; }
  /// Between two requests: whether the peer has neither ended nor said anything. One system call.
  [[nodiscard]] bool is_silent() const noexcept;

  /// For the group, which holds its lock: ends all waits.
  void cancel() noexcept { readiness_.cancel(); }
  /// The same: wakes who waits, where the deadline has passed.
  void check_deadline(Time now) noexcept;
  /// The same: the worker ends, and nobody waits from now on.
  void end() noexcept;
  /// Closes the socket while the event loop still lives. Nobody may wait.
  void detach() noexcept;

  std::size_t position = 0;  ///< the group's: among all that are open
  Time kept_until{};         ///< the group's

 private:
  [[nodiscard]] awaitable<void> wait(bool writable, Time until);
  static void on_ready(void* connection) noexcept;

  TcpTransport transport_;
  Readiness readiness_;
  std::unique_ptr<SocketWaiter> waiter_;
  Readiness::Callback callback_ = nullptr;  // of a tunnel, where nobody is in `waiter_`
  void* owner_ = nullptr;
  std::atomic<std::int64_t> deadline_{0};  // 0: nobody waits
  std::atomic<bool> ended_{false};
};

}  // namespace ropeway::server
