#include "handlers/fastcgi/responder_exchange.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <ropeway/http_error.hpp>

#include "handlers/fastcgi/record_writer.hpp"

namespace ropeway::handlers {
namespace {

using std::chrono::milliseconds;
using Kind = RecordReader::Kind;

constexpr std::size_t most_early = 1024 * 1024;   // of the answer that is kept while the request is being sent
constexpr std::size_t most_at_once = 256 * 1024;  // of an answer that is sent whole
constexpr std::size_t piece_size = 256 * 1024;    // of content in memory, made into records together
constexpr milliseconds no_wait{0};
constexpr std::chrono::seconds overload_pause{1};

}  // namespace

ResponderExchange::ResponderExchange(const Settings& settings, std::unique_ptr<UpstreamStream> stream, std::string script,
                                     std::string request_id)
    : settings_(settings),
      stream_(std::move(stream)),
      messages_(settings.log, settings.route, std::move(script), std::move(request_id)),
      header_(settings.options.head_bytes) {}

void ResponderExchange::fail(Status status, std::string_view reason) {
  stream_->fail(status, reason);
  std::abort();  // it has thrown: of a virtual function GCC does not see that
}

void ResponderExchange::fail_lost() { fail(Status::bad_gateway, "the connection was closed before there was an answer"); }

// ---- the request ------------------------------------------------------------------------------------------------------------------

awaitable<bool> ResponderExchange::send(std::string records) {
  co_return co_await stream_->write(std::move(records), [this](std::string_view bytes) { return take_early(bytes); });
}

awaitable<bool> ResponderExchange::send_text(std::string_view content) {
  while (!content.empty()) {
    std::string records;
    const std::size_t size = std::min(content.size(), piece_size);
    RecordWriter::content(records, content.substr(0, size));
    content.remove_prefix(size);
    const bool goes_on = co_await send(std::move(records));
    if (!goes_on) co_return false;
  }
  co_return true;
}

// As it comes, and as the responder takes it.
awaitable<bool> ResponderExchange::send_stream(Request& request) {
  const std::uint64_t announced = request.content_length().value_or(0);
  std::uint64_t size = 0;
  for (;;) {
    const std::string_view piece = co_await request.body_reader()->read();
    if (piece.empty()) break;
    size += piece.size();
    if (size > announced) break;
    const bool goes_on = co_await send_text(piece);
    if (!goes_on) co_return false;
  }
  if (size == announced) co_return true;
  stream_.reset();
  throw std::logic_error(
      "the content of a request is not as long as its Content-Length says: a middleware in front of the handler changed it");
}

awaitable<bool> ResponderExchange::run(Request& request, std::string head) {
  bool goes_on = true;
  if (request.body_reader() == nullptr && request.body().size() <= RecordWriter::most_record) {  // one piece
    RecordWriter::content(head, request.body());
    RecordWriter::end_of_content(head);
    sent_ = co_await send(std::move(head));
  } else {
    goes_on = co_await send(std::move(head));
    if (goes_on && request.body_reader() == nullptr) {
      goes_on = co_await send_text(request.body());
    } else if (goes_on) {
      goes_on = co_await send_stream(request);
    }
    if (goes_on) {
      std::string end;
      RecordWriter::end_of_content(end);
      sent_ = co_await send(std::move(end));
    }
  }
  // Also where it was not taken: the responder may have answered before, and closed.
  const auto until = settings_.clock.steady_now() + settings_.options.response_timeout;
  for (AnswerParser::State state = AnswerParser::State::incomplete; state != AnswerParser::State::complete;) {
    const auto left = std::chrono::ceil<milliseconds>(until - settings_.clock.steady_now());
    const auto piece = co_await output_within(std::max(left, no_wait));
    if (!piece) fail(Status::gateway_timeout, "it does not answer in time (response_timeout)");
    if (lost_) co_return false;
    if (piece->empty()) fail(Status::bad_gateway, "the script ended without an answer");
    state = header_.add(*piece);
    if (state == AnswerParser::State::malformed) {
      fail(Status::bad_gateway, "what the script wrote is no answer: " + std::string(header_.mistake()));
    }
  }
  stream_->succeeded();
  co_return true;
}

// Says whether to go on sending.
bool ResponderExchange::take_early(std::string_view bytes) {
  has_begun_ = true;
  reader_.add(bytes);
  for (;;) {
    const RecordReader::Event event = reader_.next();
    switch (event.kind) {
      case Kind::output: early_ += event.data; break;
      case Kind::error: messages_.add(event.data); break;
      case Kind::need_input: return early_.size() <= most_early;
      default: return false;  // `next` says so again
    }
  }
}

// ---- the answer -------------------------------------------------------------------------------------------------------------------

// The next piece of what the script writes, valid until the next call; empty when the request has ended, or the connection was `lost_`.
awaitable<std::optional<std::string_view>> ResponderExchange::output_within(Patience patience) {
  if (!early_.empty()) {
    piece_ = std::exchange(early_, {});
    co_return piece_;
  }
  const auto until = settings_.clock.steady_now() + patience;
  for (;;) {
    const RecordReader::Event event = reader_.next();
    switch (event.kind) {
      case Kind::output: co_return event.data;
      case Kind::error: messages_.add(event.data); continue;
      case Kind::malformed: fail(Status::bad_gateway, "what it sent is no FastCGI: " + std::string(reader_.mistake()));
      case Kind::end:
        check_outcome();
        ended_ = true;
        co_return std::string_view();
      case Kind::need_input: break;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - settings_.clock.steady_now());
    const auto piece = co_await stream_->read_within(std::max(left, no_wait));
    if (!piece) co_return std::nullopt;
    if (piece->empty()) {
      if (has_begun_) fail(Status::bad_gateway, "the connection was closed inside the answer");
      lost_ = true;
      co_return std::string_view();
    }
    has_begun_ = true;
    reader_.add(*piece);
  }
}

void ResponderExchange::check_outcome() {
  switch (reader_.outcome()) {
    case RecordReader::Outcome::complete: return;
    case RecordReader::Outcome::overloaded: {
      const std::string text = std::string(stream_->url()) + ": the responder is overloaded (FCGI_OVERLOADED)";
      stream_.reset();
      throw HttpError(Status::service_unavailable, text, overload_pause);
    }
    case RecordReader::Outcome::cannot_multiplex: fail(Status::bad_gateway, "it refuses the request (FCGI_CANT_MPX_CONN)");
    case RecordReader::Outcome::unknown_role: fail(Status::bad_gateway, "it is no responder (FCGI_UNKNOWN_ROLE)");
  }
}

awaitable<std::string_view> ResponderExchange::output_in_time() {
  const auto piece = co_await output_within(settings_.options.idle_timeout);
  if (!piece) fail(Status::gateway_timeout, "it does not go on with its answer (idle_timeout)");
  co_return *piece;
}

awaitable<void> ResponderExchange::drop_rest() {
  while (!ended_) (void)co_await output_in_time();
  finish();
}

awaitable<Response> ResponderExchange::answer(Request& request) {
  Response response = header_.take_response();
  std::string text = header_.take_rest();
  const std::uint64_t length =
      parse_content_length(response.headers().find("Content-Length").value_or(std::string_view())).value_or(Body::unknown_length);
  const bool is_head = request.method() == Method::head;
  if (is_head || is_bodiless(response.status())) {
    co_await drop_rest();
    // Nobody runs it: it is there for the length that an answer to GET would have.
    if (is_head && !is_bodiless(response.status())) {
      response.body().assign(BodyStream([](BodyWriter&) -> awaitable<void> { co_return; }), length);
    }
    co_return response;
  }
  while (text.size() < most_at_once) {
    const auto piece = co_await output_within(no_wait);
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  if (ended_) {
    finish();
    response.body().assign(std::move(text));
    co_return response;
  }
  stream_->let_request_go();
  response.body().assign(BodyStream([self = shared_from_this(), begun = std::move(text)](BodyWriter& out) -> awaitable<void> {
                           co_await self->copy(out, begun);
                         }),
                         length);
  co_return response;
}

awaitable<void> ResponderExchange::copy(BodyWriter& out, std::string begun) {
  if (!begun.empty()) co_await out.write(begun);
  for (;;) {
    auto piece = co_await output_within(no_wait);
    if (!piece) {
      co_await out.flush();  // what has come is not kept for what may come later
      piece = co_await output_in_time();
    }
    if (piece->empty()) break;
    co_await out.write(*piece);
  }
  finish();
}

// The answer has been read. Its connection serves others, unless either side has something left to say on it.
void ResponderExchange::finish() noexcept {
  messages_.finish();
  const bool is_reusable = sent_ && settings_.options.keep.count() > 0 && !reader_.has_rest();
  if (is_reusable) stream_->keep();
  stream_.reset();
}

}  // namespace ropeway::handlers
