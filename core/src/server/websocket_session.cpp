#include "core/src/server/websocket_session.hpp"
#include "core/src/server/activity_executor.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/http/message_deflate.hpp"
#include "core/src/http/request_message.hpp"
#include "core/src/protocol/websocket/close_code.hpp"
#include "core/src/protocol/websocket/utf8_validator.hpp"
#include "core/src/server/activity.hpp"
#include "core/src/server/exchange.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

namespace ws = protocol::websocket;

constexpr std::uint32_t messages_in_a_row = 64;  // before other connections get their turn

// What the handler's coroutine has.
class HandlerSocket final : public WebSocket {
 public:
  explicit HandlerSocket(std::shared_ptr<WebSocketSession> session) noexcept : session_(std::move(session)) {}
  awaitable<std::optional<Message>> receive() override { return session_->receive(); }
  awaitable<void> send(std::string_view data, Kind kind) override { return session_->send(data, kind); }
  void close(std::uint16_t code, std::string_view reason) override { session_->close(code, reason); }
  WebSocketSender sender() override { return WebSocketSender(session_); }
  std::string_view protocol() const noexcept override { return session_->protocol(); }
  WebSocketClose closed() const override { return session_->closed(); }

 private:
  std::shared_ptr<WebSocketSession> session_;
};

}  // namespace

WebSocketSession::WebSocketSession(Session& session, const WebSocketPlan& plan, const Exchange& exchange, std::string received)
    : session_(&session),
      handler_(plan.handler),
      options_(plan.handler.options()),
      route_(exchange.match.route),
      handler_name_(exchange.match.handler),
      protocol_(plan.agreement.protocol),
      request_text_(http::pack_request(exchange.request)),
      decoder_(options_.message_bytes, plan.agreement.deflate.has_value()),
      unread_(std::move(received)),
      writable_(&WebSocketSession::on_writable, this),
      route_number_(exchange.match.number),
      deflate_bits_(plan.agreement.deflate ? plan.agreement.deflate->server_window_bits : std::uint8_t{0}) {
  (void)http::unpack_request(request_text_, request_);
}

std::shared_ptr<SwitchedConnection> WebSocketPlan::carry_out(Session& session, const Exchange& exchange, std::string received) {
  return std::make_shared<WebSocketSession>(session, *this, exchange, std::move(received));
}

std::shared_ptr<WebSocketSession> WebSocketSession::self() const { return std::static_pointer_cast<WebSocketSession>(session_->switched_); }

void WebSocketSession::start() {
  const std::shared_ptr<WebSocketSession> self = this->self();
  SessionContext& context = session_->context_;
  {
    const Lock lock(mutex_);
    last_heard_ = coarse_steady_time().count();
    if (options_.ping_interval.count() > 0) wake_by(last_heard_ + options_.ping_interval.count());
    read();
  }
  const observability::Activity activity(route_number_, request_.method(), request_.raw_path(), {request_.id(), session_->peer_end_});
  spawn_recorded(context.io, activity, run(self), [self](const std::exception_ptr& error) { self->handler_ended(error); });
}

awaitable<void> WebSocketSession::run(std::shared_ptr<WebSocketSession> self) {
  HandlerSocket socket(self);
  co_await self->handler_.handle(socket, self->request_);
}

void WebSocketSession::handler_ended(const std::exception_ptr& error) {
  Lock lock(mutex_);
  handler_ended_ = true;
  if (session_ == nullptr) return;
  std::uint16_t code = ws::close_normal;
  if (error) {
    Logger& log = session_->context_.log;
    try {
      std::rethrow_exception(error);
    } catch (const ConnectionLost&) {
    } catch (const std::exception& exception) {
      code = ws::close_internal_error;
      log.error("a WebSocket's handler failed",
                {{"handler", handler_name_}, {"route", route_}, {"error", std::string_view(exception.what())}});
    } catch (...) {
      code = ws::close_internal_error;
      log.error("a WebSocket's handler failed", {{"handler", handler_name_}, {"route", route_}});
    }
  }
  handler_busy_ = false;
  if (pending_end_) conclude();
  begin_close(code, {});
  inbox_.reset();  // nobody will take it, and the peer's Close frame may stand behind
  flush();
  settle(lock);
}

// Checks and compresses, before the lock is taken.
WebSocketSession::Payload WebSocketSession::prepare(const SharedBytes& data, Kind kind) const {
  if (kind == Kind::text && !ws::is_utf8(data.view)) {
    throw std::invalid_argument("a text message has to be UTF-8; other bytes are sent as binary");
  }
  if (deflate_bits_ != 0 && data.view.size() >= options_.compression_threshold) {
    const std::string_view compressed = http::deflate_message(data.view, deflate_bits_);
    if (compressed.size() < data.view.size()) return {{nullptr, compressed}, true};
  }
  return {data, false};
}

// ---- for the handler --------------------------------------------------------------------------------------------------------------

awaitable<std::optional<WebSocketMessage>> WebSocketSession::receive() {
  if (++messages_ % messages_in_a_row == 0) co_await asio::post(asio::use_awaitable);
  for (;;) {
    {
      const Lock lock(mutex_);
      handler_busy_ = false;
      std::optional<WebSocketMessage> message = take_message();
      if (message || is_over()) co_return message;
    }
    co_await park_receiver();
  }
}

// Reading goes on as soon as there is room for another message.
std::optional<WebSocketMessage> WebSocketSession::take_message() {
  if (session_ == nullptr) return std::exchange(inbox_, std::nullopt);
  if (!inbox_) {
    read();
    if (!inbox_ && pending_end_) conclude();
  }
  std::optional<WebSocketMessage> message = std::exchange(inbox_, std::nullopt);
  handler_busy_ = message.has_value();
  if (message) read();
  return message;
}

awaitable<void> WebSocketSession::park_receiver() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this](auto handler) {
        const Lock lock(mutex_);
        receiver_.park(std::move(handler));
        if (inbox_ || is_over()) receiver_.resume_later();  // it has happened just now
      },
      asio::use_awaitable);
}

awaitable<void> WebSocketSession::send(std::string_view data, Kind kind) {
  {
    const Payload payload = prepare({nullptr, data}, kind);
    const Lock lock(mutex_);
    if (!may_send()) throw ConnectionLost("the WebSocket has been closed");
    queue_message(payload, kind);
    inbox_ ? flush_later() : flush();  // where the next message is there already, its answer may leave together with this one
    if (queued_bytes() <= options_.queue_bytes) co_return;
  }
  co_await park_sender();
  const Lock lock(mutex_);
  if (ended_) throw ConnectionLost("the client of a WebSocket has gone, or does not read (timeouts.send)");
}

awaitable<void> WebSocketSession::park_sender() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this](auto handler) {
        const Lock lock(mutex_);
        senders_.emplace_back().park(std::move(handler));
        if (ended_ || queued_bytes() <= options_.queue_bytes) resume_senders();
      },
      asio::use_awaitable);
}

WebSocketClose WebSocketSession::closed() const {
  const Lock lock(mutex_);
  return close_;
}

// ---- for everybody ----------------------------------------------------------------------------------------------------------------

bool WebSocketSession::post(const SharedBytes& data, Kind kind, bool may_drop) {
  const Payload payload = prepare(data, kind);
  const Lock lock(mutex_);
  if (!may_send()) return false;
  const std::size_t queued = queued_bytes();
  if (queued > 0 && queued + payload.bytes.view.size() > options_.queue_bytes) {
    if (may_drop) return false;
    SessionContext& context = session_->context_;
    if (context.throttle.allow()) {
      context.log.info("a WebSocket is closed, because its client reads too slowly",
                       {{"peer", request_.peer_address()}, {"route", route_}, {"setting", std::string_view("websocket.queue_bytes")}});
    }
    begin_close(ws::close_try_again, "too slow");
    flush_later();
    return false;
  }
  queue_message(payload, kind);
  flush_later();
  return true;
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  if (!ws::may_be_sent(code)) throw std::invalid_argument("a WebSocket cannot be closed with the code " + std::to_string(code));
  if (!ws::is_utf8(reason)) throw std::invalid_argument("the reason for closing a WebSocket has to be UTF-8");
  const Lock lock(mutex_);
  if (!may_send()) return;
  begin_close(code, reason);
  inbox_.reset();
  flush_later();
}

std::size_t WebSocketSession::queued() {
  const Lock lock(mutex_);
  return queued_bytes();
}

bool WebSocketSession::is_open() {
  const Lock lock(mutex_);
  return may_send();
}

// ---- the end ----------------------------------------------------------------------------------------------------------------------

void WebSocketSession::begin_close(std::uint16_t code, std::string_view reason) {
  if (close_sent_ || ended_) return;
  close_sent_ = true;
  if (!std::exchange(close_known_, true)) close_ = {code, std::string(reason)};
  ws::append_close(output(), code, reason);
  close_deadline_ = coarse_steady_time().count() + options_.close_timeout.count();
  wake_by(close_deadline_);
}

void WebSocketSession::end_transport(std::string_view reason) {
  if (std::exchange(ended_, true)) return;
  close_known_ = true;
  SessionContext& context = session_->context_;
  if (!reason.empty() && context.throttle.allow()) {
    context.log.info("a WebSocket is given up", {{"peer", request_.peer_address()}, {"route", route_}, {"reason", reason}});
  }
  session_->transport_.shutdown();
  session_->unconfirmed_end_.store(false, std::memory_order_relaxed);
  if (reading_ || writing_) {
    const std::lock_guard shard(session_->shard_.mutex);
    session_->readiness_.cancel();
  }
  output_.reset();
  unread_ = {};
  unread_at_ = 0;
  resume_senders();
}

void WebSocketSession::settle(Lock& lock) {
  read();
  if (receiver_ && (inbox_ || is_over())) return receiver_.resume(lock);
  finish(lock);
}

void WebSocketSession::finish(Lock& lock) {
  if (!ended_ || !handler_ended_ || reading_ || writing_ || session_ == nullptr) return;
  Session* const session = std::exchange(session_, nullptr);
  const std::shared_ptr<SwitchedConnection> self = session->switched_;
  lock.unlock();
  session->context_.sessions.remove(*session);
}

void WebSocketSession::detach() noexcept {
  const Lock lock = lock_out_of_order(mutex_);
  session_ = nullptr;
  ended_ = true;
}

// ---- deadlines --------------------------------------------------------------------------------------------------------------------

bool WebSocketSession::needs_attention(std::chrono::milliseconds now, bool drains) noexcept {
  if (drains && !drain_seen_.exchange(true, std::memory_order_relaxed)) return true;
  return take_deadline(now);
}

void WebSocketSession::on_deadline() {
  Lock lock(mutex_);
  if (session_ == nullptr) return;
  SessionContext& context = session_->context_;
  const std::int64_t now = coarse_steady_time().count();
  if (context.stopping.load(std::memory_order_relaxed)) {
    end_transport();
  } else if (writing_ && now >= send_deadline_) {
    end_transport("timeouts.send");
  } else if (close_deadline_ != 0 && now >= close_deadline_) {
    pending_end_ ? conclude() : end_transport();
  } else if (context.drain.load(std::memory_order_relaxed) != Drain::none && !close_sent_) {
    begin_close(ws::close_going_away, "the server ends");
    flush();
  } else if (!is_over() && !pending_end_ && options_.ping_interval.count() > 0) {
    check_liveness(now);
  }
  if (!ended_) {
    if (writing_) wake_by(send_deadline_);
    if (close_deadline_ != 0) wake_by(close_deadline_);
  }
  settle(lock);
}

// RFC 6455 §5.5.2. Whatever comes is a sign of life. While the handler leaves a message untaken nothing is read, so nothing is expected.
void WebSocketSession::check_liveness(std::int64_t now) {
  const std::int64_t interval = options_.ping_interval.count();
  if (pinged_ != 0 && last_heard_ >= pinged_) pinged_ = 0;
  if (pinged_ != 0) {
    if (now >= pinged_ + options_.pong_timeout.count()) {
      if (!inbox_) return end_transport("websocket.pong_timeout");
      pinged_ = now;
    }
  } else if (now >= last_heard_ + interval && !inbox_) {
    ws::append_frame(output(), ws::Opcode::ping, {});
    pinged_ = now;
    flush();
  }
  wake_by(pinged_ != 0 ? pinged_ + options_.pong_timeout.count() : std::max(last_heard_ + interval, now + 1));
}

}  // namespace ropeway::server
