#include "core/src/server/stream_session.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/activity_executor.hpp"
#include "core/src/server/request_ids.hpp"
#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {
namespace {

// What the handler's coroutine has.
class HandlerStream final : public Stream {
 public:
  HandlerStream(std::shared_ptr<StreamSession> session, std::string received) noexcept
      : Stream(std::move(received)), session_(std::move(session)) {}
  void end_output() override { session_->end_output(); }
  std::string_view peer_address() const noexcept override { return session_->peer_address(); }
  std::uint16_t peer_port() const noexcept override { return session_->peer_port(); }

 protected:
  awaitable<std::size_t> receive(std::span<char> room) override { return session_->receive(room); }
  awaitable<std::string_view> receive_piece(bool between_messages) override { return session_->receive_piece(between_messages); }
  awaitable<void> send(std::string_view data) override { return session_->send(data); }

 private:
  std::shared_ptr<StreamSession> session_;
};

}  // namespace

StreamSession::StreamSession(Session& session, const routing::Site::Stream& definition, std::string received)
    : session_(&session),
      definition_(definition),
      received_(std::move(received)),
      peer_address_(session.peer_.data(), session.peer_size_),
      peer_port_(session.peer_end_.port),
      writable_(&StreamSession::on_writable, this) {}

void StreamSession::start() {
  const auto self = std::static_pointer_cast<StreamSession>(session_->switched_);
  const observability::Activity activity(definition_.number, Method::other, definition_.place, {next_request_id(), session_->peer_end_});
  spawn_recorded(session_->context_.io, activity, run(self), [self](const std::exception_ptr& error) { self->handler_ended(error); });
}

awaitable<void> StreamSession::run(std::shared_ptr<StreamSession> self) {
  HandlerStream stream(self, std::exchange(self->received_, {}));
  co_await self->definition_.handler->handle(stream);
}

void StreamSession::handler_ended(const std::exception_ptr& error) {
  Lock lock(mutex_);
  handler_ended_ = true;
  if (session_ == nullptr) return;
  if (error) {
    Logger& log = session_->context_.log;
    const std::string_view handler = definition_.name;
    const std::string_view place = definition_.place;
    try {
      std::rethrow_exception(error);
    } catch (const ConnectionLost&) {
    } catch (const MessageTooLong& fault) {
      if (session_->context_.throttle.allow()) {
        log.info("a stream is ended",
                 {{"peer", std::string_view(peer_address_)}, {"listen", place}, {"reason", std::string_view(fault.what())}});
      }
    } catch (const std::exception& exception) {
      log.error("a stream's handler failed", {{"handler", handler},
                                              {"listen", place},
                                              {"peer", std::string_view(peer_address_)},
                                              {"error", std::string_view(exception.what())}});
    } catch (...) {
      log.error("a stream's handler failed", {{"handler", handler}, {"listen", place}, {"peer", std::string_view(peer_address_)}});
    }
  }
  if (lost_ == nullptr) {
    session_->transport_.shutdown_send();
    linger_deadline_ = coarse_steady_time().count() + session_->context_.timeouts.linger.count();
    wake_by(linger_deadline_);
  }
  settle(lock);
}

// ---- for the handler --------------------------------------------------------------------------------------------------------------

void StreamSession::check_connection() const {
  if (session_ == nullptr) throw ConnectionLost("the connection has ended");
  if (lost_ != nullptr) throw ConnectionLost(lost_);
  if (session_->context_.stopping.load(std::memory_order_relaxed)) throw ConnectionLost("the server ends");
}

// False where nothing is there. No bytes: the client has ended its side.
bool StreamSession::receive_now(std::span<char> room, std::size_t& count) {
  check_connection();
  if (reader_) throw std::logic_error("two coroutines read one stream at the same time");
  count = 0;
  if (input_ended_) return true;
  switch (session_->transport_.receive(room, count)) {
    case Transfer::done: return true;
    case Transfer::would_block: return false;
    case Transfer::ended: input_ended_ = true; return true;
    default: lose("the client has gone", false); throw ConnectionLost(lost_);
  }
}

bool StreamSession::receive_now(std::string_view& piece) {
  static thread_local std::array<char, 16 * 1024> scratch;
  std::size_t count = 0;
  if (!receive_now(scratch, count)) return false;
  piece = {scratch.data(), count};
  return true;
}

awaitable<std::size_t> StreamSession::receive(std::span<char> room) {
  if (room.empty()) throw std::invalid_argument("a stream is read into no room at all");
  if (++reads_ % receives_before_others == 0) co_await asio::post(asio::use_awaitable);
  for (;;) {
    {
      const Lock lock(mutex_);
      std::size_t count = 0;
      if (receive_now(room, count)) co_return count;
    }
    co_await park_reader(false);
  }
}

awaitable<std::string_view> StreamSession::receive_piece(bool between_messages) {
  if (++reads_ % receives_before_others == 0) co_await asio::post(asio::use_awaitable);
  for (;;) {
    {
      const Lock lock(mutex_);
      std::string_view piece;
      if (receive_now(piece)) co_return piece;
      if (between_messages && drains()) co_return std::string_view();
    }
    co_await park_reader(between_messages);
  }
}

awaitable<void> StreamSession::park_reader(bool between_messages) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this, between_messages](auto handler) {
        const Lock lock(mutex_);
        reader_.park(std::move(handler));
        between_messages_ = between_messages;
        if (session_ == nullptr || lost_ != nullptr || (between_messages && drains())) return reader_.resume_later();
        if (const auto idle = definition_.handler->options().idle; idle.count() > 0) {
          read_deadline_ = coarse_steady_time().count() + idle.count();
          wake_by(read_deadline_);
        }
        if (!reading_) wait_readable();
      },
      asio::use_awaitable);
}

awaitable<void> StreamSession::send(std::string_view data) {
  for (unsigned sends = 0; !data.empty();) {
    bool is_full = false;
    {
      const Lock lock(mutex_);
      check_connection();
      if (output_ended_) throw std::logic_error("a stream is written to behind its end");
      if (writer_ || writing_) throw std::logic_error("two coroutines write to one stream at the same time");
      switch (session_->transport_.send(data)) {
        case Transfer::done: break;
        case Transfer::would_block: is_full = true; break;
        default: lose("the client has gone", false); continue;
      }
    }
    if (is_full) {
      co_await park_writer();
    } else if (++sends % receives_before_others == 0) {
      co_await asio::post(asio::use_awaitable);
    }
  }
}

awaitable<void> StreamSession::park_writer() {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this](auto handler) {
        const Lock lock(mutex_);
        writer_.park(std::move(handler));
        if (session_ == nullptr || lost_ != nullptr) return writer_.resume_later();
        send_deadline_ = coarse_steady_time().count() + session_->context_.timeouts.send.count();
        wake_by(send_deadline_);
        writing_ = true;
        writable_.wait_writable(session_->readiness_);
      },
      asio::use_awaitable);
}

void StreamSession::end_output() {
  const Lock lock(mutex_);
  if (session_ == nullptr || lost_ != nullptr || std::exchange(output_ended_, true)) return;
  session_->transport_.shutdown_send();
}

// ---- waiting ----------------------------------------------------------------------------------------------------------------------

bool StreamSession::drains() const noexcept { return session_->context_.drain.load(std::memory_order_relaxed) != Drain::none; }

void StreamSession::wait_readable() {
  reading_ = true;
  session_->readiness_.wait_readable();
}

void StreamSession::on_readable() {
  Lock lock(mutex_);
  reading_ = false;
  if (session_ == nullptr) return;
  if (session_->readiness_.failed()) lose("the connection cannot be watched", true);
  if (session_->context_.stopping.load(std::memory_order_relaxed)) lose("the server ends", false);
  read_deadline_ = 0;
  if (reader_) return reader_.resume(lock);
  settle(lock);
}

void StreamSession::on_writable(void* self) noexcept {
  auto& stream = *static_cast<StreamSession*>(self);
  Lock lock(stream.mutex_);
  stream.writing_ = false;
  if (stream.session_ == nullptr) return;
  stream.send_deadline_ = 0;
  if (stream.writer_) return stream.writer_.resume(lock);
  stream.settle(lock);
}

bool StreamSession::needs_attention(std::chrono::milliseconds now, bool drains) noexcept {
  if (drains && !drain_seen_.exchange(true, std::memory_order_relaxed)) return true;
  return take_deadline(now);
}

// The reason that it is one to give up for; nullptr where there is none.
const char* StreamSession::passed_deadline(std::int64_t now) const noexcept {
  if (send_deadline_ != 0 && now >= send_deadline_) return "timeouts.send";
  // A worker that was held up until now finds the deadline and the bytes at once; the client was in time.
  if (read_deadline_ != 0 && now >= read_deadline_ && !session_->transport_.has_input()) return "stream.idle";
  return nullptr;
}

void StreamSession::on_deadline() {
  Lock lock(mutex_);
  if (session_ == nullptr) return;
  const std::int64_t now = coarse_steady_time().count();
  if (session_->context_.stopping.load(std::memory_order_relaxed)) {
    lose("the server ends", false);
  } else if (linger_deadline_ != 0 && now >= linger_deadline_) {
    lose("timeouts.linger", false);
  } else if (const char* setting = passed_deadline(now)) {
    lose(setting, true);
  }
  for (const std::int64_t deadline : {read_deadline_, send_deadline_, linger_deadline_}) {
    if (deadline != 0 && lost_ == nullptr) wake_by(deadline);
  }
  if (reader_ && between_messages_ && drains()) {
    read_deadline_ = 0;
    return reader_.resume(lock);
  }
  settle(lock);
}

// ---- the end ----------------------------------------------------------------------------------------------------------------------

// `is_told`: nobody else has said so, so the log does.
void StreamSession::lose(const char* reason, bool is_told) noexcept {
  if (lost_ != nullptr) return;
  lost_ = reason;
  SessionContext& context = session_->context_;
  if (is_told && context.throttle.allow()) {
    context.log.info(
        "a stream is ended",
        {{"peer", std::string_view(peer_address_)}, {"listen", std::string_view(definition_.place)}, {"reason", std::string_view(reason)}});
  }
  session_->transport_.shutdown();
  if (!reading_ && !writing_) return;
  const std::lock_guard shard(session_->shard_.mutex);
  session_->readiness_.cancel();
}

// What a client still sends to a handler that has ended. RFC 9112 §9.6 tells why it is read.
void StreamSession::discard() {
  static thread_local std::array<char, 64 * 1024> scratch;
  for (unsigned receives = 0; receives < receives_before_others; ++receives) {
    std::size_t count = 0;
    switch (session_->transport_.receive(scratch, count)) {
      case Transfer::done: break;
      case Transfer::would_block: return wait_readable();
      default: return lose("the client has gone", false);
    }
  }
  reading_ = true;
  asio::post(session_->context_.io, [self = session_->switched_] { self->on_readable(); });
}

void StreamSession::settle(Lock& lock) {
  if (!handler_ended_) return;
  if (lost_ == nullptr && input_ended_) lose("the client has gone", false);
  if (lost_ == nullptr && !reading_) discard();
  if (lost_ == nullptr || reading_ || writing_ || session_ == nullptr) return;
  Session* const session = std::exchange(session_, nullptr);
  const std::shared_ptr<SwitchedConnection> self = session->switched_;
  lock.unlock();
  session->context_.sessions.remove(*session);
}

void StreamSession::detach() noexcept {
  const Lock lock = lock_out_of_order(mutex_);
  session_ = nullptr;
}

}  // namespace ropeway::server
