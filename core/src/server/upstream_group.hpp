#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include <ropeway/logger.hpp>
#include <ropeway/upstream.hpp>

#include "core/src/protocol/limits.hpp"
#include "core/src/server/log_throttle.hpp"
#include "core/src/server/readiness.hpp"
#include "core/src/server/upstream_connection.hpp"

namespace ropeway::server {

class UpstreamCheck;

/// Servers that do the same, from the view of one worker: the connections to them, who waits for one, and who of them fails.
///
/// A worker has one event loop that several threads run, so all of them share the group, under one lock. It is held for some pointers' worth of
/// work twice in a request (a connection is taken, and given back), and never across a wait or a system call.
class UpstreamGroup final : public Upstream {
 public:
  using Time = UpstreamConnection::Time;

  /// A name of a socket, as the kernel takes it.
  struct SocketName {
    sockaddr_storage address{};
    socklen_t size = 0;
  };
  /// One of the servers. Guarded by the group's lock, but for the address and the sockets, which nobody changes.
  struct Peer {
    UpstreamAddress address;
    std::vector<SocketName> sockets;  // tried in this order
    std::vector<std::unique_ptr<UpstreamConnection>> kept;
    std::size_t taken = 0;    // connections that somebody has
    std::size_t tunnels = 0;  // connections that have become one, and take no place of those
    unsigned failures = 0;    // in a row
    Time left_out_until{};
    bool was_checked = false;
    bool is_down = false;  // by its checks
    unsigned checks = 0;   // in a row that say otherwise
  };

  /// Somebody's right to a connection to a server, and the connection, once there is one. What is not kept is closed with it.
  class Lease {
   public:
    Lease() = default;
    Lease(UpstreamGroup& group, Peer& peer, std::unique_ptr<UpstreamConnection> connection) noexcept
        : group_(&group), peer_(&peer), connection_(std::move(connection)), was_kept_(connection_ != nullptr) {}
    Lease(Lease&& other) noexcept
        : group_(std::exchange(other.group_, nullptr)),
          peer_(other.peer_),
          connection_(std::move(other.connection_)),
          was_kept_(other.was_kept_),
          is_tunnel_(other.is_tunnel_) {}
    Lease& operator=(Lease&& other) noexcept {
      end();
      group_ = std::exchange(other.group_, nullptr);
      peer_ = other.peer_;
      connection_ = std::move(other.connection_);
      was_kept_ = other.was_kept_;
      is_tunnel_ = other.is_tunnel_;
      return *this;
    }
    ~Lease() { end(); }

    [[nodiscard]] explicit operator bool() const noexcept { return group_ != nullptr; }
    [[nodiscard]] UpstreamConnection* connection() const noexcept { return connection_.get(); }
    [[nodiscard]] const Peer& peer() const noexcept { return *peer_; }
    /// Whether the connection has served another request before.
    [[nodiscard]] bool was_kept() const noexcept { return was_kept_; }
    /// Gives the connection back for another request.
    void keep() noexcept;
    /// The connection has become a tunnel: it takes none of `connections` any more, and `keep` is not for it.
    void become_tunnel() noexcept;
    /// Ends all waits for its socket.
    void cancel_waits() const noexcept { group_->cancel(*connection_); }
    /// Closes it, and gives the right to another one back.
    void end() noexcept;
    /// Closes it, and nothing more.
    void close() noexcept;
    /// What the server has done counts for or against it.
    void succeeded() const noexcept { group_->succeeded(*peer_); }
    void failed() const noexcept { group_->failed(*peer_); }
    /// Gives what went wrong; empty where there is a connection now. `patience`: for all addresses together.
    [[nodiscard]] awaitable<std::string> connect(std::chrono::milliseconds patience);

   private:
    UpstreamGroup* group_ = nullptr;
    Peer* peer_ = nullptr;
    std::unique_ptr<UpstreamConnection> connection_;
    bool was_kept_ = false;
    bool is_tunnel_ = false;
  };

  /// `readiness` is there before the first request; it and `log` outlive the group's work.
  UpstreamGroup(std::vector<UpstreamAddress> addresses, const UpstreamOptions& options, Readiness::Context* const& readiness, Logger& log);
  ~UpstreamGroup() override;

  [[nodiscard]] awaitable<Response> forward(Request& request, UpstreamRequest outgoing) override;
  [[nodiscard]] awaitable<std::unique_ptr<UpstreamStream>> connect(Request& request, bool fresh) override;

  /// A right to a connection beyond those that requests may have.
  [[nodiscard]] Lease lease_beyond(Peer& peer);
  /// A check of a server has ended. `mistake`: what was wrong; empty where nothing was.
  void checked(Peer& peer, std::string_view mistake) noexcept;
  /// The event loop is there; `on_busy` is called when there is something to sweep. Checks begin where there are to be any.
  void begin(asio::io_context& io, const std::function<void()>& on_busy);

  [[nodiscard]] const UpstreamOptions& options() const noexcept { return options_; }
  [[nodiscard]] const protocol::Limits& limits() const noexcept { return limits_; }

  /// Wakes who has waited long enough, and closes what was kept long enough.
  void sweep(Time now) noexcept;
  /// Whether there is anything to sweep.
  [[nodiscard]] bool is_busy() const noexcept;
  /// The worker ends: all that wait are woken, and nobody waits from now on.
  void end() noexcept;
  /// Closes every socket, when nobody waits any more and while the event loop still lives.
  void detach() noexcept;

 private:
  using PassedOver = std::vector<const Peer*>;
  /// How far one request has come on its way to a connection.
  struct Search {
    PassedOver passed_over;
    bool fresh = false;  // not one that was kept
    bool has_waited = false;
    Time patience{};
  };
  struct Waiting {
    std::function<void(bool has_place)> resume;
    Time until;
  };

  [[nodiscard]] awaitable<Lease> find(Request& request, Search& search, Lease lease);
  [[nodiscard]] Lease take(const PassedOver& passed_over, bool fresh);
  [[nodiscard]] Peer* choose(const PassedOver& passed_over, Time now) noexcept;
  [[nodiscard]] awaitable<bool> wait_for_place(const PassedOver& passed_over, Time until, bool first);
  [[nodiscard]] std::unique_ptr<UpstreamConnection> open(int descriptor);
  void close(std::unique_ptr<UpstreamConnection> connection) noexcept;
  void take_out(UpstreamConnection& connection) noexcept;
  void cancel(UpstreamConnection& connection) noexcept;
  void give_back(Peer& peer, std::unique_ptr<UpstreamConnection> connection) noexcept;
  void end_tunnel(Peer& peer) noexcept;
  void succeeded(Peer& peer) noexcept;
  void failed(Peer& peer) noexcept;
  void log_busy(std::string_view reason) noexcept;

  const UpstreamOptions options_;
  protocol::Limits limits_;
  Readiness::Context* const& readiness_;
  Logger& log_;
  LogThrottle throttle_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<UpstreamCheck>> checks_;
  std::vector<UpstreamConnection*> open_;
  std::list<Waiting> waiting_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

}  // namespace ropeway::server
