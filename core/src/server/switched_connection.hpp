#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/src/http/request_access.hpp"

namespace ropeway::server {

class Session;
struct Exchange;

/// What a connection has become behind a 101 (RFC 9110 §15.2.2), or is from its beginning, in the place of a `Session` that speaks HTTP. It guards itself: any thread may
/// call any of these at any time. Where its last wait has come back and nothing is left to do, it has the session removed.
class SwitchedConnection {
 public:
  SwitchedConnection() = default;
  SwitchedConnection(const SwitchedConnection&) = delete;
  SwitchedConnection& operator=(const SwitchedConnection&) = delete;
  virtual ~SwitchedConnection() = default;

  /// The 101 is sent.
  virtual void start() = 0;
  /// A wait for input on the session's socket is over.
  virtual void on_readable() = 0;
  /// For the sweep, which holds the shard's lock: whether `on_deadline` is to be posted. `drains`: the worker ends.
  [[nodiscard]] virtual bool needs_attention(std::chrono::milliseconds now, bool drains) noexcept = 0;
  virtual void on_deadline() = 0;
  /// The session ends, whatever this is at.
  virtual void detach() noexcept = 0;

 protected:
  /// Has `needs_attention` say so from `deadline` on (milliseconds of coarse steady time), if not earlier. Under its own lock.
  void wake_by(std::int64_t deadline) noexcept {
    const std::int64_t known = deadline_.load(std::memory_order_relaxed);
    if (known == 0 || deadline < known) deadline_.store(deadline, std::memory_order_relaxed);
  }
  /// Whether the earliest of these has passed. It is forgotten then: whoever sees to it says when the next one is. For the sweep.
  [[nodiscard]] bool take_deadline(std::chrono::milliseconds now) noexcept {
    const std::int64_t deadline = deadline_.load(std::memory_order_relaxed);
    if (deadline == 0 || now.count() < deadline) return false;
    deadline_.store(0, std::memory_order_relaxed);
    return true;
  }
  /// For `detach`: not in the order of the locks (the shard's may be held), so it only tries; nobody else has this one for long.
  [[nodiscard]] static std::unique_lock<std::mutex> lock_out_of_order(std::mutex& mutex) noexcept {
    std::unique_lock lock(mutex, std::try_to_lock);
    while (!lock.owns_lock()) {
      std::this_thread::yield();
      (void)lock.try_lock();
    }
    return lock;
  }

 private:
  std::atomic<std::int64_t> deadline_{0};  // the earliest; 0: there is none, or it has been seen to
};

}  // namespace ropeway::server

namespace ropeway {

/// What a connection is to become, until the 101 is on its way.
class SwitchPlan {
 public:
  SwitchPlan() = default;
  SwitchPlan(const SwitchPlan&) = delete;
  SwitchPlan& operator=(const SwitchPlan&) = delete;
  virtual ~SwitchPlan() = default;
  /// Makes it, once. `received`: what has come behind the request already.
  [[nodiscard]] virtual std::shared_ptr<server::SwitchedConnection> carry_out(server::Session& session, const server::Exchange& exchange,
                                                                              std::string received) = 0;
};

}  // namespace ropeway
