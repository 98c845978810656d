// The part of a WebSocket's session that reads from and writes to the connection. Everything is called with the lock held, but for the
// callbacks, which take it.

#include <array>
#include <utility>

#include <asio/post.hpp>

#include "core/src/http/free_list.hpp"
#include "core/src/protocol/websocket/close_code.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/websocket_session.hpp"

namespace ropeway::server {
namespace {

namespace ws = protocol::websocket;

constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr std::size_t pongs_that_wait = 1024;  // bytes; past them, only the last ping is answered (RFC 6455 §5.5.3)
constexpr unsigned kept_outputs = 64;          // for each thread

}  // namespace

// ---- reading ----------------------------------------------------------------------------------------------------------------------

void WebSocketSession::on_readable() {
  Lock lock(mutex_);
  reading_ = false;
  if (session_ == nullptr) return;
  if (session_->readiness_.failed()) end_transport("the connection cannot be watched");
  if (session_->context_.stopping.load(std::memory_order_relaxed)) end_transport();
  settle(lock);
}

// Until a message waits for the handler, or nothing has come.
void WebSocketSession::read() {
  for (unsigned receives = 0; !reading_ && !inbox_ && !pending_end_ && !input_ended_ && !ended_;) {
    if (unread_at_ < unread_.size()) {
      std::string_view rest = std::string_view(unread_).substr(unread_at_);
      decode(rest);
      unread_at_ = unread_.size() - rest.size();
      if (unread_at_ < unread_.size()) continue;
      unread_ = {};
      unread_at_ = 0;
    } else if (drained_) {
      drained_ = false;
      wait_readable();
      session_->unconfirmed_end_.store(true, std::memory_order_relaxed);
    } else if (++receives > receives_before_others) {
      reading_ = true;
      asio::post(session_->context_.io, [self = this->self()] { self->on_readable(); });
    } else {
      receive_some();
    }
  }
  if (output_ && !ended_) flush();
}

void WebSocketSession::receive_some() {
  static thread_local std::array<char, scratch_bytes> scratch;
  std::size_t count = 0;
  switch (session_->transport_.receive(scratch, count)) {
    case Transfer::done: break;
    case Transfer::would_block: wait_readable(); return;
    case Transfer::ended: on_input_end(); return;
    default: end_transport(); return;
  }
  last_heard_ = coarse_steady_time().count();
  drained_ = count < scratch.size();
  if (discarding_) return;
  std::string_view rest(scratch.data(), count);
  decode(rest);
  if (!rest.empty()) unread_.assign(rest);
}

void WebSocketSession::wait_readable() {
  reading_ = true;
  session_->readiness_.wait_readable();
}

// Takes what `bytes` bring up to a message for the handler; the rest is left.
void WebSocketSession::decode(std::string_view& bytes) {
  while (!inbox_) {
    const ws::Event event = decoder_.next(bytes);
    switch (event.kind) {
      case ws::Event::Kind::need_input: return;
      case ws::Event::Kind::message: {
        std::string data = decoder_.take_message();
        if (close_sent_) break;  // there is no answer any more
        inbox_ = WebSocketMessage{decoder_.is_text() ? Kind::text : Kind::binary, std::move(data)};
        break;
      }
      case ws::Event::Kind::ping: answer_ping(event.data); break;
      case ws::Event::Kind::pong: break;
      case ws::Event::Kind::close:
      case ws::Event::Kind::error: on_end(event); break;
    }
  }
}

// RFC 6455 §5.5.3
void WebSocketSession::answer_ping(std::string_view payload) {
  if (close_sent_) return;
  if (queued_bytes() > pongs_that_wait) {
    pending_pong_ = std::string(payload);
  } else {
    ws::append_frame(output(), ws::Opcode::pong, payload);
  }
}

void WebSocketSession::on_end(const ws::Event& event) {
  pending_end_ = End{event.kind == ws::Event::Kind::error, {event.code, std::string(event.data)}};
  if (!handler_busy_ || close_sent_) return conclude();
  close_deadline_ = coarse_steady_time().count() + options_.close_timeout.count();
  wake_by(close_deadline_);
}

// A Close frame is answered with the same code (RFC 6455 §5.5.1), and the server closes the connection once that is sent (§7.1.1). After a
// fault (§7.1.7), what the peer still sends is read and dropped, so that it does not get a reset in the place of our reason.
void WebSocketSession::conclude() {
  const End end = *std::exchange(pending_end_, std::nullopt);
  SessionContext& context = session_->context_;
  if (end.is_fault && context.throttle.allow()) {
    context.log.info("a WebSocket is closed, because its client broke a rule", {{"peer", request_.peer_address()},
                                                                                {"route", route_},
                                                                                {"code", static_cast<std::int64_t>(end.close.code)},
                                                                                {"reason", std::string_view(end.close.reason)}});
  }
  discarding_ = end.is_fault;
  close_received_ = !end.is_fault;
  if (!std::exchange(close_known_, true)) close_ = end.close;
  begin_close(end.close.code, end.is_fault ? std::string_view(end.close.reason) : std::string_view());
  flush();
}

// A peer that has ended its side may still read: what its handler has to say is sent, for a while.
void WebSocketSession::on_input_end() {
  input_ended_ = true;
  session_->unconfirmed_end_.store(false, std::memory_order_relaxed);
  if (!output_ && close_sent_) return end_transport();
  if (!std::exchange(close_known_, true)) close_ = {ws::close_abnormal, {}};
  if (close_deadline_ == 0) {
    close_deadline_ = coarse_steady_time().count() + options_.close_timeout.count();
    wake_by(close_deadline_);
  }
}

// ---- writing ----------------------------------------------------------------------------------------------------------------------

protocol::SendQueue& WebSocketSession::output() {
  if (!output_) {
    output_ = http::FreeList<Output, kept_outputs>::take();
    if (!output_) output_ = std::make_unique<Output>();
  }
  return output_->queue;
}

void WebSocketSession::queue_message(const Payload& payload, Kind kind) {
  const ws::Opcode opcode = kind == Kind::text ? ws::Opcode::text : ws::Opcode::binary;
  const std::string_view bytes = payload.bytes.view;
  if (payload.bytes.owner == nullptr) return ws::append_frame(output(), opcode, bytes, payload.compressed);
  output().append(ws::FrameHead(opcode, bytes.size()).text());
  output().append(payload.bytes);
}

void WebSocketSession::flush() {
  if (ended_ || writing_) return;
  if (!output_) return go_on_closing();
  const std::uint64_t before = output_->queue.size();
  switch (session_->transport_.send(output_->queue)) {
    case Transfer::done: return on_sent();
    case Transfer::would_block:
      if (send_deadline_ == 0 || output_->queue.size() < before) {
        send_deadline_ = coarse_steady_time().count() + session_->context_.timeouts.send.count();
      }
      wake_by(send_deadline_);
      writing_ = true;
      writable_.wait_writable(session_->readiness_);
      break;
    case Transfer::unfinished:
      writing_ = true;
      send_deadline_ = coarse_steady_time().count() + session_->context_.timeouts.send.count();
      asio::post(session_->context_.io, [self = this->self()] { on_writable(self.get()); });
      break;
    default: return end_transport();
  }
  if (queued_bytes() <= options_.queue_bytes / 2) resume_senders();
}

void WebSocketSession::on_sent() {
  output_->queue.clear();
  http::FreeList<Output, kept_outputs>::give_back(std::move(output_));
  send_deadline_ = 0;
  resume_senders();
  if (pending_pong_ && !close_sent_) {
    ws::append_frame(output(), ws::Opcode::pong, *std::exchange(pending_pong_, std::nullopt));
    return flush();
  }
  go_on_closing();
}

// Nothing waits to be sent.
void WebSocketSession::go_on_closing() {
  if (!close_sent_) return;
  if (close_received_ || input_ended_) return end_transport();
  if (discarding_) session_->transport_.shutdown_send();
}

void WebSocketSession::on_writable(void* self) noexcept {
  auto& session = *static_cast<WebSocketSession*>(self);
  Lock lock(session.mutex_);
  session.writing_ = false;
  if (session.session_ == nullptr) return;
  session.flush();
  session.settle(lock);
}

// What is sent from elsewhere leaves from an I/O thread, together with what else is there by then.
void WebSocketSession::flush_later() {
  if (flush_posted_ || writing_) return;
  flush_posted_ = true;
  asio::post(session_->context_.io, [self = this->self()] { self->posted_flush(); });
}

void WebSocketSession::posted_flush() {
  Lock lock(mutex_);
  flush_posted_ = false;
  if (session_ == nullptr) return;
  flush();
  settle(lock);
}

void WebSocketSession::resume_senders() {
  while (!senders_.empty()) {
    senders_.front().resume_later();
    senders_.pop_front();
  }
}

}  // namespace ropeway::server
