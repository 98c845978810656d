#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>

#include <asio/io_context.hpp>

#include <ropeway/body.hpp>

#include "core/src/config/server_config.hpp"
#include "core/src/observability/access_log.hpp"
#include "core/src/observability/log_sink.hpp"
#include "core/src/observability/scoreboard.hpp"
#include "core/src/protocol/http1/codec.hpp"
#include "core/src/routing/site.hpp"
#include "core/src/server/common_fields.hpp"
#include "core/src/server/exchange.hpp"
#include "core/src/server/hand_over.hpp"
#include "core/src/server/keep_table.hpp"
#include "core/src/server/log_throttle.hpp"
#include "core/src/server/readiness.hpp"
#include "core/src/server/session_set.hpp"
#include "core/src/server/session_streams.hpp"
#include "core/src/server/socket_waiter.hpp"
#include "core/src/server/switched_connection.hpp"
#include "core/src/server/tcp_transport.hpp"
#include "core/src/server/trusted_proxies.hpp"

namespace ropeway::protocol::proxy_protocol {
class Header;
}

namespace ropeway::server {

class Tunnel;
class WebSocketSession;

/// What a worker that ends does with its connections. Requests that run are finished in any case.
enum class Drain : std::uint8_t {
  none,        ///< it does not end
  closes,      ///< answers tell clients that the connection ends, and it ends
  hands_over,  ///< between two requests, a connection goes to a sibling
};

/// What all sessions of a worker share.
struct SessionContext {
  asio::io_context& io;
  Readiness::Context& readiness;
  SessionSet& sessions;
  protocol::Limits limits;
  std::size_t send_buffer_bytes;
  std::size_t requests_per_connection;  // 0: no limit
  http::BodyMemory body_memory;
  config::TimeoutsConfig timeouts;
  http::RepeatedSlashes repeated_slashes;
  CommonFields common_fields;
  Logger& log;
  observability::AccessLog* access_log;
  observability::WorkerRow& row;
  std::span<const std::atomic<bool>> closed_routes;  // see `Scoreboard::closed_routes`
  LogThrottle throttle;                              // for lines that a peer can cause
  AddressCounts addresses;
  TrustedProxies trusted_proxies;
  std::function<void()> on_busy;  // there is something to sweep
  HandOverChannel hand_over;
  Keep* keep = nullptr;  // nullptr: no keeper
  const routing::Site* site = nullptr;
  std::atomic<Drain> drain{Drain::none};
  std::atomic<bool> stopping{false};            // end every connection that waits
  std::atomic<bool> hand_over_was_full{false};  // sessions wait for another attempt
};

/// One connection, from accept to close: reads, lets the codec find requests, has them answered, sends, and keeps the deadlines.
///
/// It is a state machine, not a coroutine: an idle connection then holds no buffer, no timer and no frame. At any moment exactly
/// one of these is true, and whoever makes it true touches the session no more:
///
///   waiting    a wait for the socket is pending; the callback goes on
///   running    a thread is inside one of its functions
///   handling   a handler's coroutine runs somewhere; its end goes on, or its deadline does (whichever is first: `handling_`)
///   switched   it is a WebSocket, a tunnel or a stream, and all that happens is that one's business (`SwitchedConnection`)
///
/// Deadlines are a time stamp that a coarse sweep compares (no timer for each request). The sweep only wakes a session that waits, by
/// cancelling the wait; the session then looks at its own deadline. A thread that runs it is never disturbed.
/// It ends in `end()`, and nowhere else.
class Session {
 public:
  /// `address`: of the client, where a PROXY header has told it, otherwise of the socket's peer.
  Session(SessionContext& context, SessionSet::Shard& shard, int descriptor, const void* address, std::size_t address_size,
          Admission admission);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Begins to serve. Called once, by the thread that accepted.
  void start();
  /// The same for a connection that another worker, or the keeper, has handed over. `kept`: its place, where the keeper has it.
  void take_over(const HandedConnection& connection, const Keep::Place& kept);
  /// For the sweep, which holds the shard's lock. `wake_idle`: wake it also where it only waits for a next request.
  void check_deadline(std::chrono::milliseconds now, bool wake_idle) noexcept;
  /// For the sweep at the end of the worker: wakes it whatever it waits for.
  void wake() noexcept;
  /// Closes the socket while the io_context still lives. Nothing may be pending.
  void detach() noexcept;

  [[nodiscard]] bool is_refused() const noexcept { return admission_.kind != Admission::Kind::served; }
  [[nodiscard]] SessionContext& context() noexcept { return context_; }
  [[nodiscard]] SessionSet::Shard& shard() noexcept { return shard_; }
  std::list<Session>::iterator position;  // the set's

 private:
  friend class SessionTransfer;
  friend class SessionBodyReader;
  friend class SessionBodyWriter;
  friend class StreamSession;
  friend class Tunnel;
  friend class WebSocketSession;

  // What the deadline is about, and so what its passing means. The first four wait for the peer's bytes.
  enum class Phase : std::uint8_t { fresh, idle, header, body, handler, streaming, sending, lingering, switched };
  // Who has the session while a coroutine runs.
  enum class Handling : std::uint8_t {
    none,       // no coroutine
    asking,     // a coroutine runs, and for a moment another thread asks the client whether it is there (session_watch.cpp)
    running,    // a coroutine runs and does not touch the connection
    streaming,  // the same, for the coroutine that writes a response's body: it has no deadline of its own
    transfer,   // a coroutine reads or writes the connection; its deadline is its own business
    abandoned,  // the deadline came first: 503 was or is being sent; the coroutine's end is awaited
    closed,     // the connection has ended, the coroutine has not: its end destroys the session
  };

  // waiting > running
  static void on_ready(void* session) noexcept;
  void ready() noexcept;
  void on_deadline();

  // reading
  void receive();
  void wait_for_input(bool end_may_hide);
  enum class Leaving : std::uint8_t { no, waits, has_left };
  [[nodiscard]] Leaving leave();
  void be_kept();
  [[nodiscard]] bool drive();  // false: the session waits, handles, or has ended
  [[nodiscard]] bool yield();
  [[nodiscard]] bool begin_exchange();

  // what comes before the first request, at some addresses (session_proxy_header.cpp)
  void receive_proxy_header();
  void wait_for_proxy_header();
  void refuse_proxy_header(std::string_view reason);
  [[nodiscard]] bool adopt_proxy_header();
  [[nodiscard]] ProxyHeader proxy_header() const noexcept;

  // answering
  [[nodiscard]] bool serve();
  [[nodiscard]] bool answer(Response response);
  void spawn_handler(awaitable<Response> reply);
  [[nodiscard]] observability::Activity activity() const noexcept;
  void handler_ended(std::exception_ptr error, Response response) noexcept;
  void give_up_handler(std::chrono::milliseconds now) noexcept;
  void abandon_handler() noexcept;
  void spawn_stream();
  void stream_ended(std::exception_ptr error) noexcept;
  void refuse_address();
  [[nodiscard]] bool refuse(Status status, std::string_view explanation, std::string_view log_reason);
  void log_refusal(Status status, std::string_view reason) noexcept;
  void finish_exchange();
  [[nodiscard]] std::uint64_t body_bytes() const noexcept;
  void log_access(const Exchange* exchange, Status status, std::uint64_t body_bytes) noexcept;
  [[nodiscard]] protocol::http1::Codec::ResponseOptions response_options(bool close) const;
  void go_on();

  // becoming a WebSocket, a tunnel, or from the beginning a stream (session_switch.cpp)
  void begin_stream(std::string received);
  [[nodiscard]] bool begin_switch();
  void start_switched();
  void check_switched(std::chrono::milliseconds now) noexcept;
  // for handlers and streams that want to know when to stop (session_watch.cpp)
  [[nodiscard]] std::stop_token watch(bool streams);
  void end_watch() noexcept;
  void look_after_client() noexcept;
  void ask_client() noexcept;
  [[nodiscard]] bool take_handling(Handling& from, Handling to) noexcept;
  void request_stop() noexcept;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> handler_deadline() const noexcept;
  [[nodiscard]] std::chrono::milliseconds handler_time() const noexcept;
  void limit_handler(std::chrono::milliseconds time) noexcept;

  // for the coroutine's side of the connection (session_streams.cpp)
  void begin_transfer();
  void end_transfer() noexcept;
  [[nodiscard]] awaitable<void> wait_until_ready(bool writable);
  [[nodiscard]] awaitable<void> send_owed(std::uint64_t at_most);

  // sending
  [[nodiscard]] bool flush();  // true: all sent; false: the session waits, or has ended
  void close_connection();
  void discard_input();
  void end();

  // deadlines
  void set_deadline(Phase phase, std::chrono::milliseconds after) noexcept;
  void set_body_deadline() noexcept;
  [[nodiscard]] bool deadline_passed() const noexcept;
  [[nodiscard]] bool deadline_passed(std::chrono::milliseconds now) const noexcept;

  SessionContext& context_;
  SessionSet::Shard& shard_;
  TcpTransport transport_;
  Readiness readiness_;
  protocol::http1::Codec codec_;
  Exchange::Pointer exchange_;
  std::shared_ptr<SwitchedConnection> switched_;                    // what it has become
  std::unique_ptr<SocketWaiter> waiter_;                            // a coroutine that waits for the socket
  std::unique_ptr<protocol::proxy_protocol::Header> proxy_header_;  // until it has been read
  SessionBodyReader body_reader_{*this};
  SessionBodyWriter body_writer_{*this};
  std::atomic<std::int64_t> deadline_{0};   // milliseconds of coarse steady time; 0: none
  std::atomic<Phase> phase_{Phase::fresh};  // no byte has come yet
  std::atomic<Handling> handling_{Handling::none};
  Handling transfer_from_ = Handling::running;  // what the coroutine goes back to
  std::atomic<bool> unconfirmed_end_{false};    // a short read may have hidden the peer's end
  Admission admission_;
  bool input_ended_ = false;
  bool first_receive_ = true;
  bool drained_ = false;   // the last receive left nothing in the socket
  bool answered_ = false;  // the exchange's response is in the queue
  bool handed_over_ = false;
  bool from_proxy_ = false;           // the peer is one of `trusted_proxies`, and no PROXY header has said that it speaks for another
  std::atomic<bool> watched_{false};  // somebody has `stop_`
  bool watched_stream_ = false;       // guarded by the shard's lock, as is `stop_`
  std::stop_source stop_{std::nostopstate};
  bool is_elsewhere_ = false;            // another process has the socket open, too, or had
  std::atomic<bool> wants_keep_{false};  // idle, and not held by the keeper: the next sweep wakes it for that
  Keep::Place kept_;
  std::size_t requests_at_wait_ = 0;  // `requests_` when it last began to wait for one
  std::uint8_t peer_size_ = 0;
  std::size_t requests_ = 0;  // begun, also the one in progress
  std::int64_t body_begun_ = 0;
  std::array<char, 46> peer_{};
  observability::Peer peer_end_;
};

}  // namespace ropeway::server
