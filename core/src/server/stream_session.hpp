#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <ropeway/stream.hpp>

#include "core/src/routing/site.hpp"
#include "core/src/server/parked_coroutine.hpp"
#include "core/src/server/readiness.hpp"
#include "core/src/server/switched_connection.hpp"

namespace ropeway::server {

/// A connection at an address whose protocol is a `StreamHandler`'s: what a `Session` is from its beginning, or from behind its PROXY header.
///
/// Nothing is read before the handler asks, and nothing is kept of what it writes: it waits until the kernel has all of it. So an idle one holds
/// no buffer. Reading and writing may each wait at the same time, on any thread; one mutex guards them, as a `WebSocketSession` is guarded.
///
/// It ends with the handler: our side is ended, what the client still sends is dropped for `timeouts.linger`, so that it can read to the end, and
/// with the last wait that comes back `finish` lets the session go. A connection that is lost has the handler's reads and writes throw.
class StreamSession final : public SwitchedConnection {
 public:
  /// `received`: what has come behind a PROXY header already.
  StreamSession(Session& session, const routing::Site::Stream& definition, std::string received);

  // ---- for the session ----
  void start() override;
  void on_readable() override;
  [[nodiscard]] bool needs_attention(std::chrono::milliseconds now, bool drains) noexcept override;
  void on_deadline() override;
  void detach() noexcept override;

  // ---- for the handler ----
  [[nodiscard]] awaitable<std::size_t> receive(std::span<char> room);
  [[nodiscard]] awaitable<std::string_view> receive_piece(bool between_messages);
  [[nodiscard]] awaitable<void> send(std::string_view data);
  void end_output();
  [[nodiscard]] std::string_view peer_address() const noexcept { return peer_address_; }
  [[nodiscard]] std::uint16_t peer_port() const noexcept { return peer_port_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  [[nodiscard]] static awaitable<void> run(std::shared_ptr<StreamSession> self);
  void handler_ended(const std::exception_ptr& error);
  [[nodiscard]] awaitable<void> park_reader(bool between_messages);
  [[nodiscard]] awaitable<void> park_writer();
  static void on_writable(void* self) noexcept;

  // Everything below is called with the lock held.
  void check_connection() const;
  [[nodiscard]] bool drains() const noexcept;
  [[nodiscard]] bool receive_now(std::span<char> room, std::size_t& count);
  [[nodiscard]] bool receive_now(std::string_view& piece);
  void wait_readable();
  void discard();
  void lose(const char* reason, bool is_told) noexcept;
  [[nodiscard]] const char* passed_deadline(std::int64_t now) const noexcept;
  /// The last thing that a thread does here: goes on with whoever waits for what has happened, or lets the session go.
  void settle(Lock& lock);

  std::mutex mutex_;
  Session* session_;  // nullptr once the connection has ended
  const routing::Site::Stream& definition_;
  std::string received_;  // for the handler, which takes it when it begins
  std::string peer_address_;
  std::uint16_t peer_port_;
  ParkedCoroutine reader_;
  ParkedCoroutine writer_;
  Readiness::Second writable_;
  const char* lost_ = nullptr;      // why the connection is of no use any more
  std::int64_t read_deadline_ = 0;  // 0: none, here and below
  std::int64_t send_deadline_ = 0;
  std::int64_t linger_deadline_ = 0;
  std::atomic<bool> drain_seen_{false};
  unsigned reads_ = 0;
  bool between_messages_ = false;  // the reader waits for a first byte
  bool reading_ = false;           // a wait for input is pending, or a turn is given to others
  bool writing_ = false;           // a wait for room is pending
  bool input_ended_ = false;
  bool output_ended_ = false;
  bool handler_ended_ = false;
};

}  // namespace ropeway::server
