#include "core/src/protocol/http1/codec.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "core/src/protocol/http1/codec_storage.hpp"
#include "core/src/protocol/http1/framing.hpp"
#include "core/src/protocol/http1/request_target.hpp"

namespace ropeway::protocol::http1 {
namespace {

using Request = ConnectionState::Request;

constexpr ProtocolError ended_inside{Status::bad_request, "connection ended inside a request"};

Event event_of(Event::Kind kind, std::string_view data = {}) noexcept { return {kind, data, {}}; }

}  // namespace

Codec::Codec(const Limits& limits) noexcept : limits_(&limits) {}

Codec::~Codec() {
  if (storage_ != nullptr) Storage::give_back(std::move(storage_));
}

Codec::Storage& Codec::storage() {
  if (storage_ == nullptr) storage_ = Storage::take(*limits_);
  return *storage_;
}

std::span<char> Codec::prepare() {
  Storage& held = storage();
  if (state_.exchange_ended()) await_next_request();
  if (state_.input_ignored()) held.input.drop_unread();
  const std::string_view before = held.input.unread();
  const std::span<char> room = held.input.prepare(limits_->header_bytes);
  if (state_.request() == Request::awaited && !before.empty() && held.input.unread().data() != before.data()) {
    // The head that has come in part stands elsewhere now, and what was read of it are views. This is rare, so it is read again.
    held.parser.reset();
    held.head.clear();
  }
  return room;
}

void Codec::commit(std::size_t count) noexcept {
  if (!state_.input_ignored()) storage_->input.commit(count);
}

Event Codec::next() {
  if (state_.exchange_ended()) await_next_request();
  if (state_.dropping_content() && !drop_content()) {
    return event_of(state_.input_ended() ? Event::Kind::end_of_input : Event::Kind::need_input);
  }
  if (state_.failed()) return event_of(Event::Kind::need_input);
  if (state_.closing()) return event_of(state_.input_ended() ? Event::Kind::end_of_input : Event::Kind::need_input);
  switch (state_.request()) {
    case Request::awaited: return next_head();
    case Request::content: return chunked_ ? next_chunk() : next_content();
    case Request::complete: break;
  }
  return event_of(Event::Kind::need_input);  // the response comes first
}

// Both sides have ended: the head is let go of, and its fields' memory is kept.
void Codec::await_next_request() noexcept {
  state_.await_next_request();
  body_received_ = 0;
  storage_->input.let_go();
  storage_->head.clear();
  storage_->parser.reset();
}

Event Codec::next_head() {
  if (storage_ == nullptr) return event_of(state_.input_ended() ? Event::Kind::end_of_input : Event::Kind::need_input);
  Parser& parser = storage_->parser;
  switch (parser.parse(storage_->input.unread(), storage_->head)) {
    case Parser::Outcome::complete: break;
    case Parser::Outcome::failed: return fail(parser.error());
    case Parser::Outcome::incomplete:
      if (!state_.input_ended()) return event_of(Event::Kind::need_input);
      if (parser.begun()) return fail(ended_inside);
      return event_of(Event::Kind::end_of_input);
  }
  if (const auto error = begin_request()) return fail(*error);
  return event_of(Event::Kind::request_head);
}

// What the fields of a complete head say together.
std::optional<ProtocolError> Codec::begin_request() {
  const HeadFacts& facts = storage_->parser.facts();
  http::RequestHead& head = storage_->head;
  version_ = head.version;
  head_request_ = head.method == Method::head;
  if (auto error = resolve_target(head, facts)) return error;
  Framing framing;
  if (auto error = decide_framing(facts, head.version, *limits_, framing)) return error;
  if (facts.unknown_expectation) return ProtocolError{Status::expectation_failed, "Expect is something else than 100-continue"};

  // A 2xx to CONNECT would begin a tunnel (RFC 9110 §9.3.6), of which there is none: so that nobody waits for it, the connection closes.
  keep_alive_ = !facts.close && (head.version == Version::http_1_1 || facts.keep_alive) && head.method != Method::connect;
  chunked_ = framing.chunked;
  content_left_ = framing.length;
  head.content_length = framing.length;
  head.has_body = framing.chunked || framing.length > 0;
  head.expects_continue = facts.expects_continue && head.has_body && head.version == Version::http_1_1;
  continue_awaited_ = head.expects_continue;
  if (chunked_) storage_->chunks.reset();
  storage_->input.keep(storage_->parser.size());
  state_.head_received();
  return std::nullopt;
}

Event Codec::next_content() {
  if (content_left_ == 0) {
    state_.content_ended();
    return event_of(Event::Kind::request_end);
  }
  ReceiveBuffer& input = storage_->input;
  const std::string_view piece = input.unread().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(content_left_, SIZE_MAX)));
  if (piece.empty()) return state_.input_ended() ? fail(ended_inside) : event_of(Event::Kind::need_input);
  input.consume(piece.size());
  content_left_ -= piece.size();
  body_received_ += piece.size();
  continue_awaited_ = false;
  return event_of(Event::Kind::body_data, piece);
}

Event Codec::next_chunk() {
  ReceiveBuffer& input = storage_->input;
  const std::string_view unread = input.unread();
  std::string_view rest = unread;
  const ChunkedDecoder::Outcome outcome = storage_->chunks.decode(rest, *limits_);
  if (outcome == ChunkedDecoder::Outcome::failed) return fail(storage_->chunks.error());
  if (!unread.empty()) continue_awaited_ = false;
  input.consume(unread.size() - rest.size());
  switch (outcome) {
    case ChunkedDecoder::Outcome::data:
      body_received_ += storage_->chunks.data().size();
      return event_of(Event::Kind::body_data, storage_->chunks.data());
    case ChunkedDecoder::Outcome::end: state_.content_ended(); return event_of(Event::Kind::request_end);
    default: return state_.input_ended() ? fail(ended_inside) : event_of(Event::Kind::need_input);
  }
}

// The rest of a request that was answered early; its length is known. Says whether it has all come.
bool Codec::drop_content() noexcept {
  ReceiveBuffer& input = storage_->input;
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(content_left_, input.unread().size()));
  input.consume(size);
  content_left_ -= size;
  if (content_left_ > 0) return false;
  state_.content_ended();
  await_next_request();
  return true;
}

Event Codec::fail(ProtocolError error) noexcept {
  state_.fail();
  storage_->input.drop_unread();
  return {Event::Kind::error, {}, error};
}

bool Codec::is_head_request() const noexcept {
  if (state_.request() != Request::awaited) return head_request_;
  return storage_ != nullptr && storage_->parser.has_method() && storage_->head.method == Method::head;
}

const http::RequestHead* Codec::unfinished_head() const noexcept {
  const bool known = storage_ != nullptr && state_.request() == Request::awaited && storage_->parser.has_request_line();
  return known ? &storage_->head : nullptr;
}

http::RequestHead& Codec::head() { return storage().head; }

void Codec::send_continue() {
  if (!continue_awaited_ || state_.request() != Request::content || responded() || state_.closing()) return;
  continue_awaited_ = false;
  storage_->output.append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
}

void Codec::send_interim(Status status, std::string_view fields) {
  if (!state_.exchange_runs() || responded() || state_.closing() || version_ != Version::http_1_1) return;
  const std::string number = std::to_string(code(status));
  for (const std::string_view piece : {std::string_view("HTTP/1.1 "), std::string_view(number), std::string_view(" "),
                                       reason_phrase(status), line_end, fields, line_end}) {
    storage_->output.append(piece);
  }
}

void Codec::send_still_here() { send_interim(Status::continue_, {}); }

// Whether content that has not been given keeps the connection from being used again. A peer that waits for "100 Continue" may or may not
// send its content after a final answer (RFC 9110 §10.1.1), and the rest of a chunked one has no known size.
bool Codec::content_must_close() const noexcept {
  if (state_.request() == Request::complete) return false;
  return chunked_ || continue_awaited_ || content_left_ > limits_->discard_bytes;
}

bool Codec::respond(Response& response, const ResponseOptions& options) {
  assert(state_.exchange_runs() && !responded() && "one response for each request");
  const bool content_closes = content_must_close();
  // A stream in HTTP/1.0 ends with the connection (RFC 9112 §6.3).
  const bool unsized_stream = response.body().is_stream() && response.body().size() == Body::unknown_length;
  const bool stream_closes = version_ == Version::http_1_0 && unsized_stream;
  const bool close = options.close || !keep_alive_ || content_closes || stream_closes || state_.failed();
  // A peer that asked for the close is done sending, but for content that it has announced.
  const bool content_follows = state_.request() != Request::complete && (chunked_ || content_left_ > 0);
  const bool linger = close && (content_follows || keep_alive_ || !storage_->input.empty());
  state_.response_begun(close, linger);
  const ResponseContext context{options.common_fields, version_, head_request_, close, true};
  stream_left_ = response.body().is_stream() ? response.body().size() : Body::unknown_length;
  stream_ = serialize(response, context, storage_->output);
  if (stream_ != StreamCoding::none) return true;
  state_.response_ended();
  return false;
}

std::string Codec::switch_protocols(const Response& response, std::string_view common_fields) {
  assert(state_.exchange_runs() && !responded() && content_left_ == 0 && !chunked_);
  state_.response_begun(false, false);
  serialize_switch(response, common_fields, storage_->output);
  state_.response_ended();
  return std::string(storage_->input.unread());
}

void Codec::let_go() noexcept {
  if (storage_ != nullptr) Storage::give_back(std::move(storage_));
}

void Codec::write(std::string_view data) {
  assert(stream_ != StreamCoding::none && "write follows a response with a stream");
  if (data.empty()) return;
  assert(data.size() <= stream_left_);
  if (stream_left_ != Body::unknown_length) stream_left_ -= data.size();
  if (stream_ == StreamCoding::chunked) {
    serialize_chunk(data, storage_->output);
  } else {
    storage_->output.append(data);
  }
}

void Codec::finish(std::string_view trailer_fields) {
  assert(stream_ != StreamCoding::none && "finish follows a response with a stream");
  if (stream_ == StreamCoding::chunked) {
    for (const std::string_view piece : {last_chunk, trailer_fields, line_end}) storage_->output.append(piece);
  }
  stream_ = StreamCoding::none;
  state_.response_ended();
}

void Codec::respond_error(Response& response, const ResponseOptions& options) {
  if (state_.exchange_ended()) await_next_request();
  state_.fail();
  if (responded()) return;
  const bool known = state_.request() != Request::awaited;  // otherwise the head was never read, and HTTP/1.1 is assumed
  const ResponseContext context{options.common_fields, known ? version_ : Version::http_1_1, is_head_request(), true, false};
  state_.response_begun(true, true);
  [[maybe_unused]] const StreamCoding coding = serialize(response, context, storage().output);
  state_.response_ended();
}

SendQueue& Codec::output() { return storage().output; }

bool Codec::has_output() const noexcept { return storage_ != nullptr && !storage_->output.empty(); }

bool Codec::must_linger() const noexcept { return state_.failed() || (state_.closing() && state_.lingers() && !state_.input_ended()); }

bool Codec::between_requests() const noexcept {
  const bool none_in_progress = state_.request() == Request::awaited || state_.exchange_ended();
  return none_in_progress && (storage_ == nullptr || storage_->input.empty());
}

void Codec::release() noexcept {
  if (storage_ == nullptr || !between_requests() || has_output()) return;
  if (state_.exchange_ended()) state_.await_next_request();
  body_received_ = 0;
  Storage::give_back(std::move(storage_));
}

}  // namespace ropeway::protocol::http1
