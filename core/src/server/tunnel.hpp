#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/src/server/readiness.hpp"
#include "core/src/server/switched_connection.hpp"
#include "core/src/server/tcp_transport.hpp"
#include "core/src/server/upstream_group.hpp"

namespace ropeway::server {

/// A connection that speaks a protocol of its own to a server behind, through this one: a WebSocket, say (RFC 9110 §7.8, RFC 6455 §4). Bytes go both
/// ways as they come; nothing is understood of them.
///
/// Each direction is a loop that receives into the thread's scratch memory and sends at once. What the other end does not take is kept, at most
/// one such piece, and nothing more is received in that direction until it is gone (back-pressure); so a tunnel that idles holds no buffer.
/// An end that ends its side has this passed on behind its last byte, and the other direction goes on. Of an end that is lost, what it has sent still
/// reaches the other one; what that one still sends is dropped for `timeouts.linger`, so that it does not get a reset before it has read.
///
/// Both directions run at the same time, on any thread; one mutex guards them, as a `WebSocketSession` is guarded, and as there the locks of the
/// session's shard and of the server's group are taken second. It ends where both directions have, at a deadline, or with the worker: a drain
/// leaves it what time there is. The waits come back, and with the last of them `finish` lets the session and the connection to the server go.
class Tunnel final : public SwitchedConnection {
 public:
  using Time = std::chrono::milliseconds;  // as of `coarse_steady_time`
  /// How long it may be silent.
  struct Patience {
    std::chrono::milliseconds idle;  ///< both ends
    std::chrono::milliseconds
        half_closed;  ///< the rest, once an end has ended its side; also: a server that does not take what waits for it
  };

  /// `upstream` has the connection to the server. The strings: what has come already behind the heads.
  Tunnel(Session& session, UpstreamGroup::Lease upstream, const Exchange& exchange, const Patience& patience, std::string from_client,
         std::string from_server);

  void start() override;
  void on_readable() override;
  [[nodiscard]] bool needs_attention(std::chrono::milliseconds now, bool drains) noexcept override;
  void on_deadline() override;
  void detach() noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  /// One of the two ends.
  struct End {
    End(Tunnel& tunnel, TcpTransport& its_transport, Readiness& its_readiness, Readiness::Callback on_writable) noexcept
        : transport(its_transport), readiness(its_readiness), writable(on_writable, &tunnel) {}
    TcpTransport& transport;
    Readiness& readiness;
    Readiness::Second writable;
    bool reads = false;   // a wait for input is pending, or a turn is given to others
    bool writes = false;  // a wait for room is pending
    bool lost = false;    // nothing can be sent to it any more
  };
  /// One of the two directions.
  struct Direction {
    Direction(End& source, End& destination, std::string received) noexcept : from(source), to(destination), kept(std::move(received)) {}
    End& from;
    End& to;
    std::string kept;  // bytes that `to` has not taken
    std::size_t kept_at = 0;
    std::int64_t send_deadline = 0;  // for some of them to be taken
    bool input_ended = false;
    bool over = false;
  };

  static void on_client_writable(void* self) noexcept;
  static void on_server_readable(void* self) noexcept;
  static void on_server_writable(void* self) noexcept;
  void on_ready(bool End::* wait, End& end) noexcept;
  [[nodiscard]] bool is_waiting() const noexcept { return client_.reads || client_.writes || server_.reads || server_.writes; }

  // Everything below is called with the lock held.
  void pump(Direction& direction);
  [[nodiscard]] bool receive(Direction& direction);
  [[nodiscard]] bool send_kept(Direction& direction);
  void give_turn(End& end);
  void lose(End& end) noexcept;
  [[nodiscard]] std::int64_t send_patience(const Direction& direction) const noexcept;
  [[nodiscard]] std::int64_t silence_deadline() const noexcept;
  [[nodiscard]] std::string_view passed_deadline(std::int64_t now) const noexcept;
  void give_up(std::string_view reason = {}) noexcept;
  /// The last thing that a thread does here.
  void settle(Lock& lock);

  std::mutex mutex_;
  Session* session_;  // nullptr once the connection has ended
  UpstreamGroup::Lease upstream_;
  const Patience patience_;
  std::string_view route_;  // the site's, for log lines
  End client_;
  End server_;
  Direction up_;
  Direction down_;
  std::int64_t last_heard_ = 0;
  std::int64_t drop_deadline_ = 0;  // 0: no end is lost
  bool ended_ = false;
};

/// Until the client's 101 is sent: the server has answered so.
class TunnelPlan final : public SwitchPlan {
 public:
  TunnelPlan(UpstreamGroup::Lease upstream, const Tunnel::Patience& patience, std::string from_server) noexcept
      : upstream_(std::move(upstream)), patience_(patience), from_server_(std::move(from_server)) {}
  [[nodiscard]] std::shared_ptr<SwitchedConnection> carry_out(Session& session, const Exchange& exchange, std::string received) override {
    return std::make_shared<Tunnel>(session, std::move(upstream_), exchange, patience_, std::move(received), std::move(from_server_));
  }

 private:
  UpstreamGroup::Lease upstream_;
  Tunnel::Patience patience_;
  std::string from_server_;
};

}  // namespace ropeway::server
