#include "core/src/server/upstream_exchange.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"
#include "core/src/protocol/http1/serializer.hpp"
#include "core/src/server/system_clock.hpp"
#include "core/src/server/tunnel.hpp"

namespace ropeway::server {
namespace {

using std::chrono::milliseconds;
using Kind = protocol::http1::ResponseEvent::Kind;

constexpr milliseconds client_look_interval{250};  // how often it is asked whether anybody still waits for the answer
constexpr std::uint64_t most_text = 64 * 1024;     // of content that is waited for as a whole
constexpr unsigned most_interim = 1000;            // heads of 1xx in front of an answer
constexpr std::size_t most_kept_interim = 20;      // of them at once, while content is sent; further ones are dropped
constexpr std::size_t small_piece = 4096;          // of content that is sent together with what follows it
constexpr std::size_t enough_to_send = 16 * 1024;
constexpr std::string_view line_end = "\r\n";

// What concerns the connection to the server alone (RFC 9110 §7.6.1), and what this server says itself in any case.
bool is_not_passed_on(std::string_view name) noexcept {
  switch (name.size()) {
    case 2: return same_field_name(name, "TE");
    case 4: return same_field_name(name, "Date");
    case 7: return same_field_name(name, "Upgrade");
    case 10: return same_field_name(name, "Connection") || same_field_name(name, "Keep-Alive");
    case 14: return same_field_name(name, "Content-Length");
    case 16: return same_field_name(name, "Proxy-Connection");
    case 17: return same_field_name(name, "Transfer-Encoding");
    default: return false;
  }
}

// In any case of letters.
bool is_in_list(std::string_view list, std::string_view name) noexcept {
  http::ListReader elements(list);
  while (const auto element = elements.next()) {
    if (same_field_name(*element, name)) return true;
  }
  return false;
}

// Whether a field `Connection` names that one.
bool is_named(HeaderView fields, std::string_view name) noexcept {
  return std::ranges::any_of(
      fields, [name](const HeaderField& field) { return same_field_name(field.name, "Connection") && is_in_list(field.value, name); });
}

void copy_fields(HeaderView from, Headers& to) {
  const bool has_connection = from.find("Connection").has_value();
  for (const HeaderField& field : from) {
    if (is_not_passed_on(field.name) || (has_connection && is_named(from, field.name))) continue;
    to.add(field.name, field.value);
  }
}

// Lines as they came in a trailer section, which have been checked.
void copy_trailers(std::string_view lines, Headers& to) {
  while (lines.size() > line_end.size()) {
    const std::size_t end = std::min(lines.find(line_end), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + line_end.size(), lines.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (colon < line.size()) to.add(line.substr(0, colon), line.substr(colon + 1));
  }
}

}  // namespace

UpstreamExchange::UpstreamExchange(UpstreamGroup& group, UpstreamGroup::Lease lease, Request& request)
    : group_(group), lease_(std::move(lease)), request_(&request), reader_(group.limits(), request.method() == Method::head) {}

void UpstreamExchange::fail(Status status, std::string_view reason) {
  const std::string text = lease_.peer().address.url + ": " + std::string(reason);
  if (lease_) lease_.failed();
  lease_.end();
  throw HttpError(status, text);
}

UpstreamExchange::Time UpstreamExchange::after(milliseconds duration) const noexcept { return coarse_steady_time() + duration; }

// ---- the request ------------------------------------------------------------------------------------------------------------------

void UpstreamExchange::queue_head(const UpstreamRequest& outgoing) {
  const UpstreamAddress& address = lease_.peer().address;
  std::string head;
  head.reserve(256 + outgoing.target.size() + outgoing.headers.wire().size());
  head.append(outgoing.method).append(" ").append(address.base).append(outgoing.target).append(" HTTP/1.1\r\n");
  if (!outgoing.headers.contains("Host")) head.append("Host: ").append(address.authority).append(line_end);
  head.append(outgoing.headers.wire());
  const Request& request = *request_;
  const auto announced = request.content_length();
  const bool is_read = request_->body_reader() == nullptr;
  const bool is_usual = request.method() == Method::post || request.method() == Method::put || request.method() == Method::patch;
  if (is_read) {
    if (!request.body().empty() || announced || is_usual) {
      head.append("Content-Length: ").append(std::to_string(request.body().size())).append(line_end);
    }
  } else if (announced) {
    head.append("Content-Length: ").append(std::to_string(*announced)).append(line_end);
  } else {
    chunked_ = true;
    head.append("Transfer-Encoding: chunked\r\n");
  }
  if (!outgoing.upgrade.empty()) {
    upgrade_ = outgoing.upgrade;
    head.append("Connection: Upgrade\r\nUpgrade: ").append(upgrade_).append(line_end);
  } else if (group_.options().keep.count() == 0) {
    head.append("Connection: close\r\n");
  }
  head.append(line_end);
  output_.append(std::move(head));
}

void UpstreamExchange::queue_content(std::string_view piece) {
  if (piece.empty()) return;
  if (chunked_) {
    protocol::http1::serialize_chunk(piece, output_);
  } else {
    output_.append(piece);
  }
}

awaitable<bool> UpstreamExchange::run(const UpstreamRequest& outgoing) {
  queue_head(outgoing);
  if (request_->body_reader() == nullptr) {
    queue_content(request_->body());
    sent_ = co_await send_owed();
  } else {
    sent_ = co_await send_content();
  }
  // Also where it was not taken: the server may have answered before, and closed.
  if (!interim_.empty()) co_await pass_interim();
  if (has_head_) co_return true;
  co_return co_await read_head();
}

// Says false where the server does not take all of it: it has answered already, or closed.
awaitable<bool> UpstreamExchange::send_content() {
  BodyReader& content = *request_->body_reader();
  const auto announced = request_->content_length();
  std::uint64_t size = 0;
  for (;;) {
    const std::string_view piece = co_await content.read();
    if (piece.empty()) break;
    size += piece.size();
    if (announced && size > *announced) break;
    queue_content(piece);
    const bool goes_on = co_await send_owed();
    if (!goes_on || answers_early()) co_return false;
    if (!interim_.empty()) co_await pass_interim();
  }
  if (announced && size != *announced) {  // a middleware has changed it, and not the field
    lease_.end();
    throw std::logic_error(
        "the content of a request is not as long as its Content-Length says: a middleware in front of the handler changed it");
  }
  if (chunked_) {
    output_.append(protocol::http1::last_chunk);
    output_.append(line_end);
  }
  co_return co_await send_owed();
}

awaitable<bool> UpstreamExchange::send_owed() {
  UpstreamConnection& connection = *lease_.connection();
  Time deadline = after(group_.options().idle_timeout);
  for (std::uint64_t owed = output_.size();;) {
    switch (connection.transport().send(output_)) {
      case Transfer::done: co_return true;
      case Transfer::unfinished: co_await asio::post(asio::use_awaitable); continue;
      case Transfer::would_block: break;
      default: mistake_ = "the connection was closed while the request was sent"; co_return false;
    }
    if (answers_early()) co_return false;
    if (output_.size() < owed) deadline = after(group_.options().idle_timeout);
    owed = output_.size();
    if (coarse_steady_time() >= deadline) fail(Status::gateway_timeout, "it does not take the request (idle_timeout)");
    if (nobody_waits()) throw ConnectionLost("the client has gone");
    co_await connection.wait_writable(std::min(deadline, after(client_look_interval)));
  }
}

// Whether the server has answered, or will not, while the request is still being sent. One system call. Interim responses wait to be passed on.
bool UpstreamExchange::answers_early() {
  for (;;) {
    const Event event = reader_.next();
    if (event.kind == Kind::interim && !is_switch()) {
      note_interim();
      continue;
    }
    if (event.kind == Kind::need_input) {
      const Input input = receive();
      if (input == Input::none) return false;
      if (input == Input::some) continue;
      return true;
    }
    has_head_ = event.kind == Kind::head || event.kind == Kind::interim;
    return true;
  }
}

// ---- the answer -------------------------------------------------------------------------------------------------------------------

// RFC 9110 §7.8: a server changes to what was asked for, and to nothing else, once it has the request.
bool UpstreamExchange::is_switch() {
  if (reader_.status() != Status::switching_protocols) return false;
  bool is_wanted = false;
  for (const HeaderField& field : reader_.fields()) {
    if (!same_field_name(field.name, "Upgrade")) continue;
    http::ListReader protocols(field.value);
    while (const auto protocol = protocols.next()) {
      is_wanted = is_in_list(upgrade_, *protocol);
      if (!is_wanted) fail(Status::bad_gateway, "it changes to another protocol, which nobody asked for");
    }
  }
  if (!is_wanted) fail(Status::bad_gateway, "it changes to another protocol, which nobody asked for");
  if (!output_.empty()) fail(Status::bad_gateway, "it changes to another protocol before it has the request");
  return true;
}

// RFC 9110 §15.2: a proxy passes them on, but for the one that it has asked for itself.
void UpstreamExchange::note_interim() {
  if (++interim_count_ > most_interim) fail(Status::bad_gateway, "it sends interim responses without end");
  if (reader_.status() == Status::continue_ || interim_.size() == most_kept_interim) return;
  auto& [status, fields] = interim_.emplace_back(reader_.status(), Headers());
  copy_fields(reader_.fields(), fields);
}

awaitable<void> UpstreamExchange::pass_interim() {
  for (const auto& [status, fields] : std::exchange(interim_, {})) co_await request_->interim(status, fields);
}

UpstreamExchange::Input UpstreamExchange::receive() {
  std::size_t count = 0;
  switch (lease_.connection()->transport().receive(reader_.prepare(), count)) {
    case Transfer::done: reader_.commit(count); return Input::some;
    case Transfer::ended: reader_.commit_end(); return Input::some;
    case Transfer::would_block: return Input::none;
    default: return Input::lost;
  }
}

bool UpstreamExchange::nobody_waits() { return request_ != nullptr ? request_->client_gone() : stop_.stop_requested(); }

awaitable<void> UpstreamExchange::wait_for_input(Time deadline, Status late, std::string_view reason) {
  const Time look = after(client_look_interval);
  co_await lease_.connection()->wait_readable(std::min(deadline, look));
  const Time now = coarse_steady_time();
  if (now >= look && nobody_waits()) {
    lease_.end();
    throw ConnectionLost("the client has gone");
  }
  if (now >= deadline) {
    // It may have come just now.
    if (receive() != Input::none) co_return;
    fail(late, reason);
  }
}

awaitable<bool> UpstreamExchange::read_head() {
  const Time deadline = after(group_.options().response_timeout);
  for (bool waits = sent_;;) {
    const Event event = reader_.next();
    switch (event.kind) {
      case Kind::head: has_head_ = true; co_return true;
      case Kind::interim:
        if (is_switch()) {
          has_head_ = true;
          co_return true;
        }
        note_interim();
        co_await pass_interim();
        continue;
      case Kind::error:
        if (!reader_.has_begun()) {
          if (mistake_.empty()) mistake_ = "the connection was closed before there was an answer";
          co_return false;
        }
        fail(Status::bad_gateway, event.reason);
      default: break;
    }
    // What was sent is hardly ever answered at once, so the socket is not asked before it is ready.
    if (std::exchange(waits, false)) {
      co_await wait_for_input(deadline, Status::gateway_timeout, "it does not answer in time (response_timeout)");
    }
    const Input input = receive();
    if (input == Input::none) {
      waits = true;
      continue;
    }
    if (input == Input::lost) {
      if (reader_.has_begun()) fail(Status::bad_gateway, "the connection was lost inside the head of the answer");
      if (mistake_.empty()) mistake_ = "the connection was lost before there was an answer";
      co_return false;
    }
  }
}

Response UpstreamExchange::make_response() const {
  Response response(reader_.status());
  copy_fields(reader_.fields(), response.headers());
  // RFC 9110 §15.2.2, §15.5.22: in these, it is for the client.
  if (response.status() == Status::switching_protocols || response.status() == Status::upgrade_required) {
    for (const HeaderField& field : reader_.fields()) {
      if (same_field_name(field.name, "Upgrade")) response.headers().add(field.name, field.value);
    }
  }
  return response;
}

Response UpstreamExchange::make_tunnel() {
  Response response = make_response();
  const Tunnel::Patience patience{group_.options().tunnel_idle, group_.options().idle_timeout};
  RequestAccess::connection(*request_)->switch_by(std::make_unique<TunnelPlan>(std::move(lease_), patience, std::string(reader_.unread())));
  return response;
}

awaitable<Response> UpstreamExchange::answer() {
  lease_.succeeded();
  if (reader_.status() == Status::switching_protocols) co_return make_tunnel();
  Response response = make_response();
  const auto length = reader_.length();
  if (!reader_.has_content()) {
    finish();
    const bool is_head = request_->method() == Method::head && !is_bodiless(response.status());
    // Nobody runs it: it is there for the length that an answer to GET would have.
    if (is_head)
      response.body().assign(BodyStream([](BodyWriter&) -> awaitable<void> { co_return; }), length.value_or(Body::unknown_length));
    co_return response;
  }
  if (length && *length <= most_text) {
    response.body().assign(co_await read_text());
    co_return response;
  }
  stop_ = request_->stop_token();
  request_ = nullptr;
  response.body().assign(BodyStream([self = shared_from_this()](BodyWriter& out) -> awaitable<void> { co_await self->copy(out); }),
                         length.value_or(Body::unknown_length));
  co_return response;
}

// All of the content, whose length is known and small.
awaitable<std::string> UpstreamExchange::read_text() {
  std::string text;
  text.reserve(static_cast<std::size_t>(*reader_.length()));
  Time deadline = after(group_.options().idle_timeout);
  for (;;) {
    const Event event = reader_.next();
    switch (event.kind) {
      case Kind::data:
        text += event.data;
        deadline = after(group_.options().idle_timeout);
        continue;
      case Kind::end: finish(); co_return text;
      case Kind::error: fail(Status::bad_gateway, event.reason);
      default: break;
    }
    const Input input = receive();
    if (input == Input::lost) fail(Status::bad_gateway, "the connection was lost inside the answer");
    if (input == Input::none)
      co_await wait_for_input(deadline, Status::gateway_timeout, "it does not go on with its answer (idle_timeout)");
  }
}

// Small pieces that are there together are sent together, so that a server that sends a byte at a time does not cost a send for each.
awaitable<void> UpstreamExchange::copy(BodyWriter& out) {
  Time deadline = after(group_.options().idle_timeout);
  std::string gathered;
  for (unsigned receives = 0;;) {
    const Event event = reader_.next();
    Input input = Input::some;
    if (event.kind == Kind::data) {
      deadline = after(group_.options().idle_timeout);
      if (gathered.empty() && event.data.size() >= small_piece) {
        co_await out.write(event.data);
        continue;
      }
      gathered += event.data;
      if (gathered.size() < enough_to_send) continue;
    } else if (event.kind == Kind::need_input) {
      input = receive();
      if (input == Input::some) {
        if (++receives % receives_before_others == 0) co_await asio::post(asio::use_awaitable);
        continue;
      }
    }
    if (!gathered.empty()) {
      co_await out.write(gathered);
      gathered.clear();
    }
    if (event.kind == Kind::error) fail(Status::bad_gateway, event.reason);
    if (input == Input::lost) fail(Status::bad_gateway, "the connection was lost inside the answer");
    if (event.kind == Kind::end) break;
    if (input == Input::none) {
      const Time before = coarse_steady_time();
      co_await out.flush();                       // what has come is not kept for what may come later
      deadline += coarse_steady_time() - before;  // the client's time is not the server's
      co_await wait_for_input(deadline, Status::gateway_timeout, "it does not go on with its answer (idle_timeout)");
    }
  }
  copy_trailers(reader_.trailers(), out.trailers());
  finish();
}

// The answer has been read. Its connection serves others, unless either side has something left to say on it.
void UpstreamExchange::finish() noexcept {
  if (sent_ && reader_.is_reusable() && group_.options().keep.count() > 0) {
    lease_.keep();
  } else {
    lease_.end();
  }
}

}  // namespace ropeway::server
