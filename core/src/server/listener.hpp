#pragma once

#include <mutex>

#include "core/src/server/listen_descriptor.hpp"
#include "core/src/server/readiness.hpp"
#include "core/src/server/session.hpp"

namespace ropeway::server {

/// Accepts from one listening socket, which somebody else owns, and starts sessions. One thread at a time accepts, and takes no connection
/// before the last one was served or has to wait: in the queue, it is safe from a handler that blocks here, and from the end of this process.
/// Where several threads run the loop, another one can go on accepting before a session is started.
class Listener {
 public:
  /// `connections`: `limits.connections`. Past it, connections are accepted to be told so with 503; few of those linger.
  /// `shared_loop`: several threads run the event loop.
  Listener(SessionContext& context, const ListenDescriptor& given, std::size_t connections, bool shared_loop);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Begins to accept, also after `release`. Thread-safe.
  void start();
  /// Accepts no more for now, and leaves what waits in the queue to others. Thread-safe.
  void release() noexcept;
  /// Accepts no more, for ever. Thread-safe.
  void stop() noexcept;
  /// Accepts what waits in the queue, then no more; `close` has the kernel refuse newcomers, where the listener does not remain.
  /// Thread-safe.
  void finish(bool close) noexcept;
  /// Goes on after a pause (no descriptors were left). Called by the worker's tick.
  void resume() noexcept;
  [[nodiscard]] bool paused() const noexcept { return paused_.load(std::memory_order_seq_cst); }
  [[nodiscard]] int descriptor() const noexcept { return given_.descriptor; }
  /// Whether it was told to accept.
  [[nodiscard]] bool is_wanted() noexcept {
    const std::lock_guard lock(turn_);
    return wanted_;
  }

 private:
  static void on_ready(void* listener) noexcept { static_cast<Listener*>(listener)->accept(); }
  void accept() noexcept;
  [[nodiscard]] bool may_go_on() noexcept;

  struct Taken {
    Session* session = nullptr;
    bool drained = false;  // the queue is empty
    bool paused = false;   // no more can be accepted for now
  };
  [[nodiscard]] Taken take() noexcept;
  [[nodiscard]] bool has_more() const noexcept;

  [[nodiscard]] std::size_t refused_that_linger() const noexcept;

  SessionContext& context_;
  const ListenDescriptor given_;
  std::size_t connections_;
  bool shared_loop_;
  std::mutex registration_;
  std::mutex turn_;         // guards the next two
  bool wanted_ = false;     // between `start` and `release`
  bool accepting_ = false;  // a wait is pending, or a thread is accepting: not to be begun a second time
  std::atomic<bool> stopped_{false};
  std::atomic<bool> paused_{false};
  Readiness readiness_;
};

}  // namespace ropeway::server
