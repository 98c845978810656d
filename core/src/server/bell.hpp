#pragma once

#include <atomic>
#include <functional>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "core/src/server/descriptor.hpp"

namespace ropeway::server {

/// Waits on an event loop for the bell of the shared memory: an eventfd that nobody reads, so that each ring wakes every process. It is watched
/// for edges, by an epoll set of this process's own, which the loop waits for in turn.
class Bell {
 public:
  /// Throws `std::system_error`. `eventfd` outlives it. `on_ring` is called on the loop, by one thread at a time.
  Bell(asio::io_context& io, int eventfd, std::function<void()> on_ring);
  /// Begins to watch, and calls `on_ring` once; what was called before has no effect. Thread-safe.
  void start();
  /// Not while the loop runs: gives the descriptor back before the loop's end.
  void stop() noexcept;

 private:
  void wait();
  asio::posix::stream_descriptor watched_;
  Descriptor set_;
  std::function<void()> on_ring_;
  std::atomic<bool> started_{false};
};

}  // namespace ropeway::server
