#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/websocket.hpp>

#include "core/src/protocol/send_queue.hpp"
#include "core/src/protocol/websocket/decoder.hpp"
#include "core/src/protocol/websocket/handshake.hpp"
#include "core/src/server/parked_coroutine.hpp"
#include "core/src/server/readiness.hpp"
#include "core/src/server/switched_connection.hpp"

namespace ropeway::server {

/// What a request for a WebSocket was answered with, until the answer is on its way.
struct WebSocketPlan final : SwitchPlan {
  explicit WebSocketPlan(const WebSocketHandler& of) noexcept : handler(of) {}
  [[nodiscard]] std::shared_ptr<SwitchedConnection> carry_out(Session& session, const Exchange& exchange, std::string received) override;
  const WebSocketHandler& handler;
  protocol::websocket::Agreement agreement;
};

/// A connection that has become a WebSocket: what a `Session` is from its 101 on.
///
/// Both directions run at the same time: a thread may be reading while the handler's coroutine sends on another, and `post` comes from
/// anywhere. So everything here is guarded by one mutex, held for some microseconds at a time, never while a coroutine waits or runs. Where the
/// lock of the session's shard is wanted, too, it is taken second; the sweep, which holds that one, only looks at atomics and posts.
///
/// Reading goes on beside the handler, so that pings are answered while it is busy, until one message waits for it; then the peer has to
/// wait. What ends the WebSocket, a Close frame or a fault, takes its turn, too: messages before it are answered (RFC 6455 §5.5.1 lets an
/// endpoint finish what it is sending). A thread's scratch memory receives; what waits is only what a handler has not taken. So one that idles holds no buffer.
///
/// It ends in steps: a Close frame is sent, the peer's comes (or its end, or a deadline), the transport ends, the waits for the socket come
/// back, the handler's coroutine returns; with the last of these, in whatever order, `finish` lets the session go. `WebSocketSender`s keep this
/// object, without a session, as long as they like.
class WebSocketSession final : public SwitchedConnection, public WebSocketSender::Target {
 public:
  using Kind = WebSocketMessage::Kind;

  /// `received`: what has come behind the request already.
  WebSocketSession(Session& session, const WebSocketPlan& plan, const Exchange& exchange, std::string received);

  // ---- for the session ----
  void start() override;
  void on_readable() override;
  [[nodiscard]] bool needs_attention(std::chrono::milliseconds now, bool drains) noexcept override;
  void on_deadline() override;
  void detach() noexcept override;

  // ---- for the handler ----
  [[nodiscard]] awaitable<std::optional<WebSocketMessage>> receive();
  [[nodiscard]] awaitable<void> send(std::string_view data, Kind kind);
  [[nodiscard]] std::string_view protocol() const noexcept { return protocol_; }
  [[nodiscard]] WebSocketClose closed() const;

  // ---- for everybody ----
  bool post(const SharedBytes& data, Kind kind, bool may_drop) override;
  void close(std::uint16_t code, std::string_view reason) override;
  [[nodiscard]] std::size_t queued() override;
  [[nodiscard]] bool is_open() override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  /// A queue that is only there while something waits, from the thread's free list.
  struct Output {
    protocol::SendQueue queue;
    Output* next_free = nullptr;
  };

  /// A message as it goes into a frame. Of a compressed one, the bytes are this thread's until it prepares another.
  struct Payload {
    SharedBytes bytes;
    bool compressed = false;
  };

  [[nodiscard]] Payload prepare(const SharedBytes& data, Kind kind) const;
  [[nodiscard]] static awaitable<void> run(std::shared_ptr<WebSocketSession> self);
  void handler_ended(const std::exception_ptr& error);
  [[nodiscard]] awaitable<void> park_receiver();
  [[nodiscard]] awaitable<void> park_sender();
  [[nodiscard]] std::optional<WebSocketMessage> take_message();

  // Everything below is called with the lock held.
  [[nodiscard]] std::shared_ptr<WebSocketSession> self() const;
  void read();
  void receive_some();
  void decode(std::string_view& bytes);
  void wait_readable();
  void on_input_end();
  void answer_ping(std::string_view payload);
  void on_end(const protocol::websocket::Event& event);
  void conclude();

  void queue_message(const Payload& payload, Kind kind);
  [[nodiscard]] protocol::SendQueue& output();
  [[nodiscard]] std::size_t queued_bytes() const noexcept { return output_ ? static_cast<std::size_t>(output_->queue.memory()) : 0; }
  void flush();
  void flush_later();
  void on_sent();
  void go_on_closing();
  static void on_writable(void* self) noexcept;
  void posted_flush();
  void resume_senders();

  void begin_close(std::uint16_t code, std::string_view reason);
  void end_transport(std::string_view reason = {});
  [[nodiscard]] bool is_over() const noexcept { return close_sent_ || close_received_ || input_ended_ || ended_; }
  [[nodiscard]] bool may_send() const noexcept { return session_ != nullptr && !close_sent_ && !ended_; }
  void check_liveness(std::int64_t now);
  /// The last thing that a thread does here: reads on where it may, then goes on with whoever waits for what has happened, or lets the session go.
  void settle(Lock& lock);
  void finish(Lock& lock);

  mutable std::mutex mutex_;
  Session* session_;  // nullptr once the connection has ended
  const WebSocketHandler& handler_;
  const WebSocketOptions& options_;
  std::string_view route_;  // these two are the site's, for log lines
  std::string_view handler_name_;
  std::string protocol_;
  std::string request_text_;
  Request request_;  // its views are of `request_text_`
  protocol::websocket::Decoder decoder_;
  std::string unread_;  // bytes behind a message that waits
  std::size_t unread_at_ = 0;
  std::optional<WebSocketMessage> inbox_;
  std::unique_ptr<Output> output_;
  std::optional<std::string> pending_pong_;
  /// The peer's Close frame, or its fault, which wait until the handler has answered the messages before them.
  struct End {
    bool is_fault;
    WebSocketClose close;
  };
  std::optional<End> pending_end_;
  ParkedCoroutine receiver_;
  std::list<ParkedCoroutine> senders_;
  Readiness::Second writable_;
  WebSocketClose close_;
  std::int64_t last_heard_ = 0;
  std::int64_t pinged_ = 0;          // 0: no pong is awaited
  std::int64_t close_deadline_ = 0;  // 0: none, here and below
  std::int64_t send_deadline_ = 0;
  std::atomic<bool> drain_seen_{false};
  std::uint32_t route_number_;
  std::uint32_t messages_ = 0;
  std::uint8_t deflate_bits_;  // 0: no compression
  bool reading_ = false;       // a wait for input is pending, or a turn is given to others
  bool drained_ = false;       // the last receive left nothing in the socket
  bool writing_ = false;       // the same for output
  bool flush_posted_ = false;
  bool close_sent_ = false;  // or queued
  bool close_received_ = false;
  bool discarding_ = false;  // after a fault: what comes is of no interest
  bool input_ended_ = false;
  bool close_known_ = false;   // `close_` says how it ended
  bool ended_ = false;         // the transport
  bool handler_busy_ = false;  // it has a message, and has not asked for the next
  bool handler_ended_ = false;
};

}  // namespace ropeway::server
