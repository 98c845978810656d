#include "core/src/server/tunnel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <asio/post.hpp>

#include "core/src/server/exchange.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

constexpr std::size_t tunnel_piece = 32 * 1024;  // the most that is kept in a direction

}  // namespace

Tunnel::Tunnel(Session& session, UpstreamGroup::Lease upstream, const Exchange& exchange, const Patience& patience, std::string from_client,
               std::string from_server)
    : session_(&session),
      upstream_(std::move(upstream)),
      patience_(patience),
      route_(exchange.match.route),
      client_(*this, session.transport_, session.readiness_, &Tunnel::on_client_writable),
      server_(*this, upstream_.connection()->transport(), upstream_.connection()->readiness(), &Tunnel::on_server_writable),
      up_(client_, server_, std::move(from_client)),
      down_(server_, client_, std::move(from_server)) {
  upstream_.connection()->tell(&Tunnel::on_server_readable, this);
  upstream_.become_tunnel();
}

void Tunnel::start() {
  Lock lock(mutex_);
  last_heard_ = coarse_steady_time().count();
  wake_by(silence_deadline());
  settle(lock);
}

// ---- what happens to the sockets --------------------------------------------------------------------------------------------------

void Tunnel::on_readable() { on_ready(&End::reads, client_); }

void Tunnel::on_client_writable(void* self) noexcept {
  auto& tunnel = *static_cast<Tunnel*>(self);
  tunnel.on_ready(&End::writes, tunnel.client_);
}

void Tunnel::on_server_readable(void* self) noexcept {
  auto& tunnel = *static_cast<Tunnel*>(self);
  tunnel.on_ready(&End::reads, tunnel.server_);
}

void Tunnel::on_server_writable(void* self) noexcept {
  auto& tunnel = *static_cast<Tunnel*>(self);
  tunnel.on_ready(&End::writes, tunnel.server_);
}

void Tunnel::on_ready(bool End::* wait, End& end) noexcept {
  Lock lock(mutex_);
  end.*wait = false;
  if (session_ == nullptr) return;
  if (end.readiness.failed()) give_up("a connection cannot be watched");
  if (session_->context_.stopping.load(std::memory_order_relaxed)) give_up();
  settle(lock);
}

// Until nothing more has come, what has come is not taken, or others have their turn.
void Tunnel::pump(Direction& direction) {
  for (unsigned receives = 0; !direction.over && !ended_;) {
    if (direction.kept_at < direction.kept.size()) {
      if (!send_kept(direction)) return;
    } else if (direction.input_ended) {
      if (!direction.to.lost) direction.to.transport.shutdown_send();
      direction.over = true;
    } else {
      if (direction.from.reads) return;
      if (++receives > receives_before_others) return give_turn(direction.from);
      if (!receive(direction)) return;
    }
  }
}

void Tunnel::give_turn(End& end) {
  end.reads = true;
  asio::post(session_->context_.io, [self = session_->switched_, this, &end] { on_ready(&End::reads, end); });
}

// Says false where nothing has come. The socket is asked until it says so: its end may stand right behind the last bytes.
bool Tunnel::receive(Direction& direction) {
  static thread_local std::array<char, tunnel_piece> scratch;
  std::size_t count = 0;
  switch (direction.from.transport.receive(scratch, count)) {
    case Transfer::done: break;
    case Transfer::would_block:
      direction.from.reads = true;
      direction.from.readiness.wait_readable();
      return false;
    case Transfer::ended:
      direction.input_ended = true;
      wake_by(silence_deadline());
      return true;
    default:
      direction.input_ended = true;
      lose(direction.from);
      return true;
  }
  last_heard_ = coarse_steady_time().count();
  if (direction.to.lost) return true;
  std::string_view bytes(scratch.data(), count);
  while (!bytes.empty()) {
    const Transfer sent = direction.to.transport.send(bytes);
    if (sent == Transfer::done) continue;
    if (sent != Transfer::would_block) {
      lose(direction.to);
      break;
    }
    direction.kept.assign(bytes);
    direction.kept_at = 0;
    direction.send_deadline = last_heard_ + send_patience(direction);
    break;
  }
  return true;
}

// Says false where the other end does not take more.
bool Tunnel::send_kept(Direction& direction) {
  if (direction.to.writes) return false;
  std::string_view bytes = std::string_view(direction.kept).substr(direction.kept_at);
  const std::size_t before = bytes.size();
  while (!bytes.empty()) {
    const Transfer sent = direction.to.transport.send(bytes);
    if (sent == Transfer::done) continue;
    if (sent != Transfer::would_block) {
      lose(direction.to);
      return true;
    }
    direction.kept_at = direction.kept.size() - bytes.size();
    if (bytes.size() < before || direction.send_deadline == 0) {
      direction.send_deadline = coarse_steady_time().count() + send_patience(direction);
    }
    wake_by(direction.send_deadline);
    direction.to.writes = true;
    direction.to.writable.wait_writable(direction.to.readiness);
    return false;
  }
  direction.kept = {};
  direction.kept_at = 0;
  direction.send_deadline = 0;
  return true;
}

// A reset, or what comes to the same. What is on its way to that end is of no use any more; what it has sent is, and may still wait in the socket.
void Tunnel::lose(End& end) noexcept {
  if (std::exchange(end.lost, true)) return;
  for (Direction* direction : {&up_, &down_}) {
    if (&direction->to != &end) continue;
    direction->kept = {};
    direction->kept_at = 0;
    direction->send_deadline = 0;
  }
  if (drop_deadline_ != 0) return;
  drop_deadline_ = coarse_steady_time().count() + session_->context_.timeouts.linger.count();
  wake_by(drop_deadline_);
}

// ---- deadlines --------------------------------------------------------------------------------------------------------------------

std::int64_t Tunnel::send_patience(const Direction& direction) const noexcept {
  return (&direction.to == &client_ ? session_->context_.timeouts.send : patience_.half_closed).count();
}

std::int64_t Tunnel::silence_deadline() const noexcept {
  const bool is_half_closed = up_.input_ended || down_.input_ended;
  return last_heard_ + (is_half_closed ? std::min(patience_.half_closed, patience_.idle) : patience_.idle).count();
}

// A drain is nothing to a tunnel: nobody knows how to say "later" in its protocol.
bool Tunnel::needs_attention(std::chrono::milliseconds now, bool) noexcept { return take_deadline(now); }

// The setting whose time is over; empty where none is.
std::string_view Tunnel::passed_deadline(std::int64_t now) const noexcept {
  if (down_.send_deadline != 0 && now >= down_.send_deadline) return "timeouts.send";
  if (up_.send_deadline != 0 && now >= up_.send_deadline) return "idle_timeout";
  if (now < silence_deadline()) return {};
  return up_.input_ended || down_.input_ended ? "idle_timeout" : "tunnel_idle";
}

void Tunnel::on_deadline() {
  Lock lock(mutex_);
  if (session_ == nullptr) return;
  const std::int64_t now = coarse_steady_time().count();
  if (session_->context_.stopping.load(std::memory_order_relaxed) || (drop_deadline_ != 0 && now >= drop_deadline_)) {
    give_up();
  } else if (const std::string_view setting = passed_deadline(now); !setting.empty()) {
    give_up(setting);
  } else {
    for (const std::int64_t deadline : {silence_deadline(), up_.send_deadline, down_.send_deadline, drop_deadline_}) {
      if (deadline != 0) wake_by(deadline);
    }
  }
  settle(lock);
}

// ---- the end ----------------------------------------------------------------------------------------------------------------------

void Tunnel::give_up(std::string_view reason) noexcept {
  if (std::exchange(ended_, true)) return;
  SessionContext& context = session_->context_;
  if (!reason.empty() && context.throttle.allow()) {
    context.log.info("a tunnel to a server behind is ended", {{"peer", std::string_view(session_->peer_.data(), session_->peer_size_)},
                                                              {"route", route_},
                                                              {"upstream", std::string_view(upstream_.peer().address.url)},
                                                              {"reason", reason}});
  }
  client_.transport.shutdown();
  server_.transport.shutdown();
  if (client_.reads || client_.writes) {
    const std::lock_guard shard(session_->shard_.mutex);
    client_.readiness.cancel();
  }
  if (server_.reads || server_.writes) upstream_.cancel_waits();
  for (Direction* direction : {&up_, &down_}) direction->kept = {};
}

void Tunnel::settle(Lock& lock) {
  pump(up_);
  pump(down_);
  if ((up_.over && down_.over) || (client_.lost && server_.lost)) give_up();
  if (!ended_ || is_waiting()) return;
  Session* const session = std::exchange(session_, nullptr);
  const std::shared_ptr<SwitchedConnection> self = session->switched_;
  lock.unlock();
  upstream_.end();
  session->context_.sessions.remove(*session);
}

void Tunnel::detach() noexcept {
  const Lock lock = lock_out_of_order(mutex_);
  session_ = nullptr;
  ended_ = true;
}

}  // namespace ropeway::server
