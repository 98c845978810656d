// The coroutine's side of a session: while a handler reads its request's body or writes its response's, the coroutine has the
// connection (`Handling::transfer`), waits for the socket itself, and watches the deadline itself.

#include "core/src/server/session_streams.hpp"

#include <stdexcept>
#include <utility>

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/server/session.hpp"
#include "core/src/server/system_clock.hpp"

namespace ropeway::server {

awaitable<void> Session::wait_until_ready(bool writable) {
  if (context_.stopping.load(std::memory_order_relaxed)) throw ConnectionLost("the server stops");
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this, writable](auto handler) {
        waiter_ = SocketWaiter::of(std::move(handler));
        writable ? readiness_.wait_writable() : readiness_.wait_readable();
      },
      asio::use_awaitable);
}

void Session::begin_transfer() {
  for (const Handling from : {Handling::running, Handling::streaming}) {
    Handling found = from;
    if (!take_handling(found, Handling::transfer)) continue;
    transfer_from_ = from;
    return;
  }
  throw ConnectionLost("the request was given up: its deadline has passed");
}

void Session::end_transfer() noexcept {
  if (transfer_from_ == Handling::streaming) {
    deadline_.store(0, std::memory_order_relaxed);
    phase_.store(Phase::streaming, std::memory_order_relaxed);
  } else {
    set_deadline(Phase::handler, handler_time());
  }
  handling_.store(transfer_from_, std::memory_order_release);
}

// Sends until at most `at_most` bytes are owed.
awaitable<void> Session::send_owed(std::uint64_t at_most) {
  protocol::SendQueue& output = codec_.output();
  for (;;) {
    const Transfer transfer = transport_.send(output);
    if (transfer == Transfer::failed || transfer == Transfer::truncated) throw ConnectionLost("the client has gone");
    if (transfer == Transfer::done || output.size() <= at_most) co_return;
    if (transfer == Transfer::unfinished) {
      co_await asio::post(asio::use_awaitable);
      continue;
    }
    set_deadline(Phase::sending, context_.timeouts.send);
    const std::uint64_t before = output.size();
    co_await wait_until_ready(true);
    if (readiness_.failed() || (deadline_passed() && output.size() == before)) {
      throw ConnectionLost("the client does not read (timeouts.send)");
    }
  }
}

// A coroutine's read or write: takes the connection, and gives it back however that ends.
class SessionTransfer {
 public:
  explicit SessionTransfer(Session& session) : session_(session) { session_.begin_transfer(); }
  ~SessionTransfer() { session_.end_transfer(); }
  SessionTransfer(const SessionTransfer&) = delete;
  SessionTransfer& operator=(const SessionTransfer&) = delete;

 private:
  Session& session_;
};

awaitable<std::string_view> SessionBodyReader::read() {
  Session& session = session_;
  Exchange& exchange = *session.exchange_;
  if (exchange.body_failed) throw HttpError(exchange.body_error.status_hint, std::string(exchange.body_error.reason));
  if (exchange.body_ended) co_return std::string_view();
  const SessionTransfer transfer(session);
  const auto fail = [&exchange](Status status, std::string_view reason) {
    exchange.body_failed = true;
    exchange.body_error = {status, reason};
    return HttpError(status, std::string(reason));
  };
  if (session.codec_.body_received() == 0) session.body_begun_ = coarse_steady_time().count();
  unsigned receives = 0;
  for (;;) {
    const protocol::Event event = session.codec_.next();
    switch (event.kind) {
      case protocol::Event::Kind::body_data: co_return event.data;
      case protocol::Event::Kind::request_end: exchange.body_ended = true; co_return std::string_view();
      case protocol::Event::Kind::error: throw fail(event.error.status_hint, event.error.reason);
      case protocol::Event::Kind::need_input: break;
      default: throw ConnectionLost("the client has gone");
    }
    session.codec_.send_continue();
    co_await session.send_owed(0);
    std::size_t count = 0;
    const std::span<char> room = session.codec_.prepare();
    switch (session.transport_.receive(room, count)) {
      case Transfer::done:
        session.codec_.commit(count);
        session.drained_ = count < room.size();
        if (++receives % receives_before_others == 0) co_await asio::post(asio::use_awaitable);
        break;
      case Transfer::ended:
        session.codec_.commit_end();
        session.input_ended_ = true;
        break;
      case Transfer::would_block:
        session.drained_ = true;
        session.set_body_deadline();
        co_await session.wait_until_ready(false);
        if (session.readiness_.failed()) throw ConnectionLost("the connection cannot be watched");
        if (session.deadline_passed()) throw fail(Status::request_timeout, "The request's body did not arrive in time.");
        break;
      default: throw ConnectionLost("the client has gone");
    }
  }
}

awaitable<void> SessionBodyWriter::write(std::string_view data) {
  if (data.empty()) co_return;
  const SessionTransfer transfer(session_);
  if (data.size() > session_.codec_.stream_left()) throw std::length_error("the stream writes more than the length that was given for it");
  session_.codec_.write(data);
  session_.exchange_->response_size += data.size();
  co_await session_.send_owed(session_.context_.send_buffer_bytes);
}

awaitable<void> SessionBodyWriter::flush() {
  const SessionTransfer transfer(session_);
  co_await session_.send_owed(0);
}

std::stop_token SessionBodyWriter::stop_token() { return session_.watch(true); }

Headers& SessionBodyWriter::trailers() { return session_.exchange_->trailers; }

bool SessionBodyReader::may_keep(std::size_t size) noexcept { return session_.exchange_->may_keep(size); }

// Not a transfer of the usual kind: the handler's deadline runs on.
bool SessionBodyReader::client_gone() {
  Session& session = session_;
  Session::Handling found = Session::Handling::running;
  if (!session.take_handling(found, Session::Handling::transfer)) {
    return found == Session::Handling::abandoned || found == Session::Handling::closed;
  }
  Peer peer = session.transport_.peer();
  if (peer == Peer::has_ended_its_side && !std::exchange(session.exchange_->client_asked, true)) {
    session.codec_.send_still_here();
    if (session.transport_.send(session.codec_.output()) == Transfer::failed) peer = Peer::gone;
  }
  session.handling_.store(Session::Handling::running, std::memory_order_release);
  return peer == Peer::gone;
}

std::uint16_t SessionBodyReader::local_port() const noexcept { return session_.transport_.local_port(); }

std::string SessionBodyReader::local_address() const { return session_.transport_.local_address(); }

std::stop_token SessionBodyReader::stop_token() { return session_.watch(false); }

std::optional<std::chrono::steady_clock::time_point> SessionBodyReader::deadline() const noexcept { return session_.handler_deadline(); }

void SessionBodyReader::limit_time(std::chrono::milliseconds time) noexcept { session_.limit_handler(time); }

awaitable<void> SessionBodyReader::interim(Status status, const Headers& fields) {
  const SessionTransfer transfer(session_);
  session_.codec_.send_interim(status, fields.wire());
  co_await session_.send_owed(0);
}

}  // namespace ropeway::server
