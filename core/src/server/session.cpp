#include "core/src/server/session.hpp"

#include <algorithm>
#include <utility>

#include <asio/post.hpp>

#include "core/src/http/request_access.hpp"
#include "core/src/protocol/proxy_protocol/header.hpp"
#include "core/src/server/activity.hpp"
#include "core/src/server/peer_address.hpp"
#include "core/src/server/request_ids.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/thread_meter.hpp"

namespace ropeway::server {
namespace {

constexpr int rounds_before_others = 4;                    // full receives in a row before other connections get their turn
constexpr std::chrono::milliseconds drain_patience{1000};  // for a request that may be on the way to a server that ends
constexpr std::uint64_t flush_threshold = 128 * 1024;      // owed bytes that are sent before a next pipelined request is looked at

/// How long a connection is served before others get their turn, where requests wait behind each other (pipelining). The clock is read
/// for every fourth request alone, so a client that sends one at a time costs none.
class Turn {
 public:
  /// To be asked after each request.
  bool is_over() noexcept {
    if (++requests_ % requests_per_look != 0) return false;
    const auto now = std::chrono::steady_clock::now();
    if (requests_ == requests_per_look) begun_ = now;
    return now - begun_ > length;
  }

 private:
  static constexpr unsigned requests_per_look = 4;
  static constexpr std::chrono::milliseconds length{1};
  unsigned requests_ = 0;
  std::chrono::steady_clock::time_point begun_;
};

std::string_view version_name(Version version) noexcept { return version == Version::http_1_1 ? "HTTP/1.1" : "HTTP/1.0"; }

}  // namespace

Session::Session(SessionContext& context, SessionSet::Shard& shard, int descriptor, const void* address, std::size_t address_size,
                 Admission admission)
    : context_(context),
      shard_(shard),
      transport_(descriptor),
      readiness_(context.readiness, descriptor, shard.mutex, &Session::on_ready, this),
      codec_(context.limits),
      admission_(admission),
      peer_end_(peer_of(address, address_size)) {
  peer_size_ = static_cast<std::uint8_t>(format_peer_address(peer_end_, peer_));
  from_proxy_ = admission.proxy_header != ProxyHeader::State::untold && context_.trusted_proxies.covers(address, address_size);
  if (admission.proxy_header == ProxyHeader::State::expected) proxy_header_ = std::make_unique<protocol::proxy_protocol::Header>();
}

Session::~Session() {
  if (exchange_) thread_meter().end();
  context_.addresses.leave(admission_.address);
  detach();
}

// Where another process has the socket open, too, it does not end by being closed here, and epoll does not forget it either.
void Session::detach() noexcept {
  if (is_elsewhere_ && !handed_over_) transport_.shutdown();
  if (kept_.slot != nullptr && !handed_over_) context_.keep->forget(kept_);
  kept_.slot = nullptr;
  if (switched_) switched_->detach();
  readiness_.close(is_elsewhere_ || handed_over_);
  transport_.close();
  readiness_.forget();
}

// ---- waiting > running ------------------------------------------------------------------------------------------------------------

void Session::start() {
  set_deadline(Phase::fresh, context_.timeouts.header);
  if (proxy_header_ && !from_proxy_) return refuse_proxy_header("the peer is none of trusted_proxies");
  if (is_refused()) {
    if (admission_.by_address) {
      refuse_address();
    } else if (admission_.stream) {
      end();
    } else {
      (void)refuse(Status::service_unavailable, "The server has as many connections as it may have (limits.connections).", "connections");
    }
    return;
  }
  if (admission_.stream && !proxy_header_) return begin_stream({});
  receive();
}

void Session::refuse_address() {
  if (admission_.stream) return end();
  (void)refuse(Status::too_many_requests, "Your address has as many connections as it may have (limits.connections_per_address).",
               "connections_per_address");
}

// It waits without asking first: a connection that the keeper has is lost with this worker while it is asked.
void Session::take_over(const HandedConnection& connection, const Keep::Place& kept) {
  kept_ = kept;
  is_elsewhere_ = connection.keeper != 0;
  if (connection.requests == 0) return start();
  requests_ = connection.requests;
  first_receive_ = false;
  if (context_.drain.load(std::memory_order_relaxed) != Drain::none) return receive();  // this worker ends, but a request may be there
  wait_for_input(false);
}

void Session::on_ready(void* session) noexcept { static_cast<Session*>(session)->ready(); }

void Session::ready() noexcept {
  if (waiter_) {
    const auto waiter = std::move(waiter_);
    return waiter->resume();
  }
  if (phase_.load(std::memory_order_relaxed) == Phase::switched) return switched_->on_readable();
  if (readiness_.failed() || context_.stopping.load(std::memory_order_relaxed)) return end();
  if (deadline_passed()) return on_deadline();
  switch (phase_.load(std::memory_order_relaxed)) {
    case Phase::sending:
      if (flush()) go_on();
      return;
    case Phase::lingering: return discard_input();
    default: return receive();
  }
}

void Session::on_deadline() {
  const Phase phase = phase_.load(std::memory_order_relaxed);
  // A worker that was held up until now finds the deadline and the request at once; the client was in time.
  if ((phase == Phase::idle || phase == Phase::fresh) && transport_.has_input()) return receive();
  const bool waits_for_proxy_header = proxy_header_ && (phase == Phase::fresh || phase == Phase::header);
  if (waits_for_proxy_header && context_.drain.load(std::memory_order_relaxed) == Drain::none) {
    return refuse_proxy_header("the PROXY header did not arrive in time (timeouts.header)");
  }
  if (phase == Phase::body || (phase == Phase::header && !codec_.between_requests())) {
    (void)refuse(Status::request_timeout, "The request did not arrive in time.",
                 phase == Phase::body ? "timeouts.body_rate" : "timeouts.header");
    return;
  }
  if (phase == Phase::sending && context_.throttle.allow()) {
    context_.log.info("a client did not read its response in time",
                      {{"peer", std::string_view(peer_.data(), peer_size_)}, {"reason", std::string_view("timeouts.send")}});
  }
  end();  // idle, without a byte, or a peer that does not read
}

// ---- reading ----------------------------------------------------------------------------------------------------------------------

void Session::receive() {
  if (proxy_header_) return receive_proxy_header();
  if (kept_.slot != nullptr) kept_.slot->state.store(KeptState::busy, std::memory_order_release);
  for (int round = 0; round < rounds_before_others; ++round) {
    if (exchange_) exchange_->own_body();
    const std::span<char> room = codec_.prepare();
    std::size_t count = 0;
    switch (transport_.receive(room, count)) {
      case Transfer::done: codec_.commit(count); break;
      case Transfer::would_block: drained_ = true; return wait_for_input(false);
      case Transfer::ended:
        codec_.commit_end();
        input_ended_ = true;
        break;
      default: return end();
    }
    // A receive that does not fill the room has drained the socket, but may hide that the peer has ended its side behind the bytes.
    // Registering the descriptor would report that; later, the first receive asks again, and the sweep looks for the rest.
    drained_ = count < room.size() && !(first_receive_ && readiness_.registered());
    first_receive_ = false;
    if (!drive()) return;
    if (drained_) return wait_for_input(readiness_.registered());
  }
  asio::post(context_.io, [this]() noexcept { context_.stopping.load(std::memory_order_relaxed) ? end() : receive(); });
}

// `end_may_hide`: the last receive was short, so nobody has seen yet whether the peer has ended its side behind it.
void Session::wait_for_input(bool end_may_hide) {
  unconfirmed_end_.store(end_may_hide, std::memory_order_relaxed);
  if (codec_.between_requests()) {
    const Leaving leaving = leave();
    if (leaving == Leaving::has_left) return;
    codec_.release();
    if (leaving == Leaving::no && !first_receive_) set_deadline(Phase::idle, context_.timeouts.idle);
    if (context_.keep != nullptr && requests_ > 0) be_kept();
  } else if (exchange_) {
    set_body_deadline();
  } else if (const Phase phase = phase_.load(std::memory_order_relaxed); phase == Phase::fresh) {
    phase_.store(Phase::header, std::memory_order_relaxed);  // the deadline runs since the connection was accepted
  } else if (phase != Phase::header) {
    set_deadline(Phase::header, context_.timeouts.header);
  }
  readiness_.wait_readable();
}

// What becomes of a connection between two requests when the worker ends.
Session::Leaving Session::leave() {
  switch (context_.drain.load(std::memory_order_relaxed)) {
    case Drain::none: return Leaving::no;
    case Drain::hands_over: {
      if (admission_.stream) return Leaving::waits;  // siblings would take it for HTTP
      HandedConnection connection{transport_.descriptor(), requests_, 0, 0, proxy_header()};
      if (kept_.slot != nullptr) be_kept();  // idle
      if (kept_.slot != nullptr) context_.keep->let_go(kept_, connection);
      handed_over_ = give_connection(context_.hand_over.give, connection);
      if (handed_over_) break;
      if (kept_.slot != nullptr) context_.keep->take_back(kept_);
      context_.hand_over_was_full.store(true, std::memory_order_relaxed);
      return Leaving::no;  // the next sweep comes back to it
    }
    case Drain::closes: {
      // The first request, or the next one of a client that has only just asked, may be on the way.
      const std::int64_t now = coarse_steady_time().count();
      const std::int64_t idle = context_.timeouts.idle.count();
      std::int64_t deadline = deadline_.load(std::memory_order_relaxed);
      if (deadline == 0) deadline = now + idle;  // a handler has only just answered
      const bool waits_already = deadline <= now + drain_patience.count();
      const bool asked_lately = requests_ > 0 && deadline - idle >= now - drain_patience.count();
      if (!first_receive_ && !waits_already && !asked_lately) break;
      deadline_.store(std::min(deadline, now + drain_patience.count()), std::memory_order_relaxed);
      return Leaving::waits;
    }
  }
  end();
  return Leaving::has_left;
}

// Has the keeper hold the connection, too, or tells it that it is idle again. One that has asked once alone may not ask again, and is
// left for the sweep.
void Session::be_kept() {
  if (kept_.slot != nullptr && !context_.keep->is_stale(kept_)) {
    kept_.slot->requests.store(requests_, std::memory_order_relaxed);
    kept_.slot->state.store(KeptState::idle, std::memory_order_release);
    return;
  }
  const bool has_waited = requests_at_wait_ == requests_;
  requests_at_wait_ = requests_;
  if (requests_ == 1 && !has_waited) return wants_keep_.store(true, std::memory_order_relaxed);
  if (kept_.slot != nullptr) context_.keep->forget(kept_);
  kept_.slot = nullptr;
  if (context_.keep->is_full()) return;
  kept_ = context_.keep->keep({transport_.descriptor(), requests_, 0, 0, proxy_header()});
  is_elsewhere_ = is_elsewhere_ || kept_.slot != nullptr;
  if (kept_.slot == nullptr) wants_keep_.store(true, std::memory_order_relaxed);
}

// Takes events until the codec needs more input, or something has to be waited for.
bool Session::drive() {
  Turn turn;
  for (;;) {
    const protocol::Event event = codec_.next();
    switch (event.kind) {
      case protocol::Event::Kind::need_input: return flush();
      case protocol::Event::Kind::request_head:
        if (!begin_exchange()) return false;
        break;
      case protocol::Event::Kind::body_data:
        if (exchange_ && exchange_->match.endpoint->uses_body() && !exchange_->append_body(event.data)) {
          return refuse(Status::service_unavailable, "The server is receiving as much content as it may (limits.body_memory).",
                        "body_memory");
        }
        break;
      case protocol::Event::Kind::request_end:
        if (exchange_ && !serve()) return false;
        if (turn.is_over()) return yield();
        break;
      case protocol::Event::Kind::error: return refuse(event.error.status_hint, event.error.reason, event.error.reason);
      case protocol::Event::Kind::end_of_input:
        if (flush()) end();
        return false;
    }
  }
}

// Lets other connections have their turn. Always gives false: the session goes on later.
bool Session::yield() {
  if (!flush()) return false;
  asio::post(context_.io, [this]() noexcept { context_.stopping.load(std::memory_order_relaxed) ? end() : go_on(); });
  return false;
}

bool Session::begin_exchange() {
  http::RequestHead& head = codec_.head();
  exchange_ = Exchange::acquire();
  Exchange& exchange = *exchange_;
  exchange.head = &head;
  exchange.body_memory = &context_.body_memory;
  ++requests_;
  if (watched_.load(std::memory_order_relaxed)) end_watch();
  thread_meter().begin();
  if (context_.access_log != nullptr) {
    exchange.begun = std::chrono::steady_clock::now();
    exchange.time = coarse_system_time();
  }
  const bool has_body = head.has_body;
  const bool expects_continue = head.expects_continue;
  if (!RequestAccess::assign(exchange.request, head, context_.repeated_slashes)) {
    const std::string_view fault = http::path_fault(exchange.request.raw_path(), context_.repeated_slashes);
    return refuse(Status::bad_request, fault, fault);
  }
  RequestAccess::set_peer(exchange.request, {peer_.data(), peer_size_}, peer_end_.port);
  RequestAccess::set_id(exchange.request, next_request_id());
  RequestAccess::set_connection(exchange.request, &body_reader_);
  if (from_proxy_) context_.trusted_proxies.find_client(exchange.request);
  exchange.match = context_.site->find(exchange.request);
  if (exchange.match.endpoint == nullptr) return serve();
  if (exchange.match.starts_at_head()) {
    if (has_body) RequestAccess::set_body_reader(exchange.request, &body_reader_);
    return serve();
  }
  if (has_body) {
    body_begun_ = coarse_steady_time().count();
    if (expects_continue) {
      codec_.send_continue();
      return flush();
    }
  }
  return true;
}

// ---- answering --------------------------------------------------------------------------------------------------------------------

bool Session::serve() {
  const std::uint32_t route = exchange_->match.number;
  const ThreadMeter::Time started = thread_meter().start();
  if (route < context_.closed_routes.size() && context_.closed_routes[route].load(std::memory_order_relaxed)) {
    return answer(Response::error(Status::service_unavailable, "This route is closed for a while, because workers died in it."));
  }
  ActivityScope scope(activity());
  routing::Reply reply = context_.site->serve(exchange_->request, exchange_->match);
  if (auto* response = std::get_if<Response>(&reply)) {
    scope.end();
    return answer(std::move(*response));
  }
  scope.end();  // nothing of the coroutine has run
  exchange_->started = started;
  spawn_handler(std::get<awaitable<Response>>(std::move(reply)));  // runs it until it waits for the first time
  return false;
}

protocol::http1::Codec::ResponseOptions Session::response_options(bool close) const {
  const bool is_last = requests_ == context_.requests_per_connection && requests_ != 0;
  return {context_.common_fields.get(), close || is_last || context_.drain.load(std::memory_order_relaxed) == Drain::closes};
}

bool Session::answer(Response response) {
  Exchange& exchange = *exchange_;
  exchange.response = std::move(response);
  if (exchange.plan && exchange.response.status() == Status::switching_protocols) return begin_switch();
  const bool tells_methods = exchange.response.status() == Status::method_not_allowed || exchange.request.method() == Method::options;
  if (tells_methods && exchange.match.endpoint != nullptr) {  // the site's own answers are complete
    context_.site->complete_allow(exchange.request, exchange.response);
  }
  exchange.response_size = exchange.response.body().is_stream() ? 0 : exchange.response.body().size();  // the queue takes the body
  answered_ = true;
  ThreadMeter& meter = thread_meter();
  if (code(exchange.response.status()) >= 500) meter.server_error();
  exchange.started ? meter.answered(exchange.match.number, *exchange.started) : meter.answered(exchange.match.number);
  if (exchange.body_failed) {
    const Status status = exchange.body_error.status_hint;
    log_refusal(status, status == Status::request_timeout ? "timeouts.body_rate" : exchange.body_error.reason);
    codec_.respond_error(exchange.response, response_options(true));
  } else if (codec_.respond(exchange.response, response_options(false))) {
    spawn_stream();
    return false;
  }
  const protocol::SendQueue& output = codec_.output();
  if (output.size() > output.memory() || output.size() > flush_threshold) {
    if (!flush()) return false;  // `go_on` finishes the exchange
  }
  finish_exchange();
  if (!codec_.closing()) return true;
  if (flush()) close_connection();
  return false;
}

// Answers a peer's fault or a passed deadline, and closes. Always gives false.
bool Session::refuse(Status status, std::string_view explanation, std::string_view log_reason) {
  log_refusal(status, log_reason);
  Response response = Response::error(status, explanation);
  log_access(exchange_.get(), status, codec_.is_head_request() ? 0 : response.body().size());
  codec_.respond_error(response, response_options(true));
  if (exchange_) {
    thread_meter().end();
    exchange_.reset();
  }
  if (flush()) close_connection();
  return false;
}

void Session::log_refusal(Status status, std::string_view reason) noexcept {
  if (!context_.throttle.allow()) return;
  context_.log.info(
      "request refused",
      {{"peer", std::string_view(peer_.data(), peer_size_)}, {"status", static_cast<std::int64_t>(code(status))}, {"reason", reason}});
}

void Session::finish_exchange() {
  const Exchange& exchange = *exchange_;
  log_access(&exchange, exchange.response.status(), body_bytes());
  thread_meter().end_answered();
  exchange_.reset();
  answered_ = false;
  phase_.store(Phase::idle, std::memory_order_relaxed);
}

// Of the response in the exchange, as far as it was given to the queue.
std::uint64_t Session::body_bytes() const noexcept {
  const bool without = exchange_->request.method() == Method::head || is_bodiless(exchange_->response.status());
  return without ? 0 : exchange_->response_size;
}

void Session::log_access(const Exchange* exchange, Status status, std::uint64_t body_bytes) noexcept {
  if (context_.access_log == nullptr) return;
  observability::AccessRecord record;
  record.peer_address = {peer_.data(), peer_size_};
  record.status = status;
  record.body_bytes = body_bytes;
  if (exchange != nullptr) {
    const Request& request = exchange->request;
    record.time = exchange->time;
    record.client_address = request.client_address();
    record.duration = std::chrono::steady_clock::now() - exchange->begun;
    record.method = request.method_name();
    record.target = request.target();
    record.version = version_name(request.version());
    record.host = request.host();
    record.referer = request.header("referer");
    record.user_agent = request.header("user-agent");
    record.handler = exchange->match.handler;
    record.id = request.id();
  } else {
    record.time = coarse_system_time();
    if (const http::RequestHead* head = codec_.unfinished_head()) {
      record.method = head->method_name;
      record.target = head->target;
      record.version = version_name(head->version);
    }
  }
  context_.access_log->write(record);
}

// After what was owed has been sent, or a handler has answered.
void Session::go_on() {
  if (switched_) return start_switched();
  if (exchange_ && answered_) finish_exchange();
  if (codec_.closing()) {
    if (flush()) close_connection();
    return;
  }
  if (!drive()) return;
  if (drained_) return wait_for_input(readiness_.registered());
  receive();
}

// ---- sending ----------------------------------------------------------------------------------------------------------------------

bool Session::flush() {
  if (!codec_.has_output()) return true;
  protocol::SendQueue& output = codec_.output();
  const std::uint64_t before = output.size();
  const Transfer sent = transport_.send(output);
  thread_meter().sent();
  switch (sent) {
    case Transfer::done: return true;
    case Transfer::would_block:
      if (phase_.load(std::memory_order_relaxed) != Phase::sending || output.size() < before) {
        set_deadline(Phase::sending, context_.timeouts.send);
      }
      readiness_.wait_writable();
      return false;
    case Transfer::unfinished:
      set_deadline(Phase::sending, context_.timeouts.send);
      asio::post(context_.io, [this] { ready(); });
      return false;
    case Transfer::truncated:
      if (context_.throttle.allow()) {
        context_.log.warning("a file became shorter while it was sent; the connection is closed",
                             {{"peer", std::string_view(peer_.data(), peer_size_)},
                              {"target", exchange_ ? exchange_->request.target() : std::string_view()}});
      }
      end();
      return false;
    default: end(); return false;
  }
}

void Session::close_connection() {
  if (input_ended_ || !codec_.must_linger()) return end();
  transport_.shutdown_send();
  set_deadline(Phase::lingering, context_.timeouts.linger);
  discard_input();
}

// RFC 9112 §9.6: a client that still sends would get a reset, and lose the answer, if the socket were closed at once.
void Session::discard_input() {
  static thread_local std::array<char, 64 * 1024> scratch;
  for (int round = 0; round < rounds_before_others; ++round) {
    std::size_t count = 0;
    switch (transport_.receive(scratch, count)) {
      case Transfer::done: break;
      case Transfer::would_block:
        if (admission_.kind == Admission::Kind::refused_at_once) return end();
        return readiness_.wait_readable();
      default: return end();
    }
  }
  asio::post(context_.io, [this] { ready(); });
}

void Session::end() {
  if (exchange_ && answered_ && handling_.load(std::memory_order_relaxed) == Handling::none) {  // cut off while it was sent
    const std::uint64_t size = body_bytes();
    log_access(exchange_.get(), exchange_->response.status(), size - std::min(size, codec_.output().size()));
  }
  Handling found = Handling::abandoned;
  if (handling_.load(std::memory_order_acquire) == Handling::abandoned) {
    const std::lock_guard lock(shard_.mutex);
    deadline_.store(0, std::memory_order_relaxed);
    phase_.store(Phase::handler, std::memory_order_relaxed);
    detach();
    if (handling_.compare_exchange_strong(found, Handling::closed, std::memory_order_acq_rel)) return;
  }
  context_.sessions.remove(*this);
}

}  // namespace ropeway::server
