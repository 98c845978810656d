// The session's part that turns it into something else than HTTP: a WebSocket, a tunnel to a server behind, or a stream.

#include <utility>

#include <asio/post.hpp>

#include "core/src/server/session.hpp"
#include "core/src/server/stream_session.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/thread_meter.hpp"
#include "core/src/server/websocket_session.hpp"

namespace ropeway::server {

// A body would stand between the handshake and the first frame.
Response SessionBodyReader::answer_websocket(const Request& request, const WebSocketHandler& handler,
                                             const std::vector<std::string>& protocols) {
  handler.admit(request);
  Exchange& exchange = *session_.exchange_;
  if (exchange.head->has_body) return Response::error(Status::bad_request, "A request for a WebSocket has no content.");
  auto plan = std::make_unique<WebSocketPlan>(handler);
  const WebSocketOptions& options = handler.options();
  Response response = protocol::websocket::answer_handshake(request, {protocols, options.origins, options.compression}, plan->agreement);
  if (response.status() == Status::switching_protocols) exchange.plan = std::move(plan);
  return response;
}

bool SessionBodyReader::may_switch() const noexcept {
  const http::RequestHead& head = *session_.exchange_->head;
  return head.version == Version::http_1_1 && !head.has_body;
}

void SessionBodyReader::switch_by(std::unique_ptr<SwitchPlan> plan) { session_.exchange_->plan = std::move(plan); }

// The response in the exchange is a 101. Always gives false.
bool Session::begin_switch() {
  Exchange& exchange = *exchange_;
  answered_ = true;
  ThreadMeter& meter = thread_meter();
  exchange.started ? meter.answered(exchange.match.number, *exchange.started) : meter.answered(exchange.match.number);
  std::string received = codec_.switch_protocols(exchange.response, context_.common_fields.get());
  switched_ = exchange.plan->carry_out(*this, exchange, std::move(received));
  if (flush()) start_switched();  // otherwise `go_on` does
  return false;
}

// The address has a protocol of its own. `received`: what has come behind a PROXY header.
void Session::begin_stream(std::string received) {
  const routing::Site::Stream& stream = context_.site->stream(*admission_.stream);
  const bool is_closed =
      stream.number < context_.closed_routes.size() && context_.closed_routes[stream.number].load(std::memory_order_relaxed);
  if (is_closed) return end();
  codec_.let_go();
  switched_ = std::make_shared<StreamSession>(*this, stream, std::move(received));
  deadline_.store(0, std::memory_order_relaxed);
  phase_.store(Phase::switched, std::memory_order_release);
  switched_->start();
}

void Session::start_switched() {
  finish_exchange();
  codec_.let_go();
  deadline_.store(0, std::memory_order_relaxed);
  phase_.store(Phase::switched, std::memory_order_release);
  switched_->start();
}

void Session::check_switched(std::chrono::milliseconds now) noexcept {
  const bool drains = context_.drain.load(std::memory_order_relaxed) != Drain::none;
  if (unconfirmed_end_.exchange(false, std::memory_order_relaxed) && transport_.peer_has_ended()) {
    unconfirmed_end_.store(true, std::memory_order_relaxed);  // until it is awake: it may not wait yet
    readiness_.cancel();
  }
  if (switched_->needs_attention(now, drains)) asio::post(context_.io, [switched = switched_] { switched->on_deadline(); });
}

void Session::wake() noexcept {
  if (phase_.load(std::memory_order_acquire) != Phase::switched) return readiness_.cancel();
  asio::post(context_.io, [switched = switched_] { switched->on_deadline(); });
}

}  // namespace ropeway::server
