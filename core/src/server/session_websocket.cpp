// The session's part that turns it into a WebSocket.

#include <utility>

#include <asio/post.hpp>

#include "core/src/server/session.hpp"
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
  auto plan = std::make_unique<WebSocketPlan>(WebSocketPlan{&handler, {}});
  const WebSocketOptions& options = handler.options();
  Response response = protocol::websocket::answer_handshake(request, {protocols, options.origins, options.compression}, plan->agreement);
  if (response.status() == Status::switching_protocols) exchange.websocket = std::move(plan);
  return response;
}

// The response in the exchange is a 101. Always gives false.
bool Session::begin_websocket() {
  Exchange& exchange = *exchange_;
  answered_ = true;
  ThreadMeter& meter = thread_meter();
  exchange.started ? meter.answered(exchange.match.number, *exchange.started) : meter.answered(exchange.match.number);
  std::string received = codec_.switch_protocols(exchange.response, context_.common_fields.get());
  websocket_ = std::make_shared<WebSocketSession>(*this, *exchange.websocket, exchange, std::move(received));
  if (flush()) start_websocket();  // otherwise `go_on` does
  return false;
}

void Session::start_websocket() {
  finish_exchange();
  codec_.let_go();
  deadline_.store(0, std::memory_order_relaxed);
  phase_.store(Phase::websocket, std::memory_order_release);
  websocket_->start();
}

void Session::check_websocket(std::chrono::milliseconds now) noexcept {
  const bool drains = context_.drain.load(std::memory_order_relaxed) != Drain::none;
  if (unconfirmed_end_.exchange(false, std::memory_order_relaxed) && transport_.peer_has_ended()) {
    unconfirmed_end_.store(true, std::memory_order_relaxed);  // until it is awake: it may not wait yet
    readiness_.cancel();
  }
  if (websocket_->needs_attention(now, drains)) asio::post(context_.io, [websocket = websocket_] { websocket->on_deadline(); });
}

void Session::wake() noexcept {
  if (phase_.load(std::memory_order_acquire) != Phase::websocket) return readiness_.cancel();
  asio::post(context_.io, [websocket = websocket_] { websocket->on_deadline(); });
}

}  // namespace ropeway::server
