// Server-sent events over a streamed body. The source and what watches over it (heartbeats, the end) run on one strand, so neither needs a lock; a
// write of one waits for that of the other.

#include <ropeway/event_stream.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <ropeway/http_error.hpp>

namespace ropeway {
namespace {

using Timer = asio::steady_timer;
using Strand = asio::strand<asio::any_io_executor>;

void append_field(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\n");
}

void require_line(std::string_view text, const char* what) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw std::invalid_argument(std::string("the ") + what + " of an event has a line break or NUL");
  }
}

// A line for each line of the data, whatever ends it.
void append_data(std::string& text, std::string_view data) {
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    append_field(text, "data", data.substr(0, end));
    if (end == std::string_view::npos) return;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

std::string wire_of(const ServerEvent& event) {
  require_line(event.type, "type");
  require_line(event.id, "id");
  std::string text;
  text.reserve(event.data.size() + event.type.size() + event.id.size() + 64);
  if (!event.type.empty()) append_field(text, "event", event.type);
  if (!event.id.empty()) append_field(text, "id", event.id);
  if (event.retry) append_field(text, "retry", std::to_string(event.retry->count()));
  append_data(text, event.data);
  return text += '\n';
}

class OpenStream final : public EventStream {
 public:
  OpenStream(BodyWriter& out, Strand strand, std::string last_event_id)
      : out_(out), last_event_id_(std::move(last_event_id)), heartbeat_(strand), writable_(strand, Timer::time_point::max()) {}

  awaitable<void> send(ServerEvent event) override {
    std::string text = wire_of(event);
    co_await write(std::move(text));
  }
  std::string_view last_event_id() const noexcept override { return last_event_id_; }
  std::stop_token stop_token() override { return out_.stop_token(); }

  /// Sends comments while the source is silent, until it has ended.
  awaitable<void> keep_alive(std::chrono::milliseconds interval) {
    asio::error_code woken;
    while (!ended_) {
      heartbeat_.expires_at(last_write_ + interval);
      co_await heartbeat_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (ended_ || Timer::clock_type::now() < last_write_ + interval) continue;
      last_write_ = Timer::clock_type::now();
      if (writing_ || failure_) continue;  // the client is slow, or has gone
      try {
        co_await write(":\n\n");
      } catch (...) {
        failure_ = std::current_exception();
        cancel_source_.emit(asio::cancellation_type::terminal);
      }
    }
  }
  /// The source has to end: the client has gone, or the worker ends.
  void stop() {
    if (!ended_) cancel_source_.emit(asio::cancellation_type::terminal);
    stopped_ = true;
  }
  void source_ended(std::exception_ptr error) {
    ended_ = true;
    if (!failure_ && !stopped_) failure_ = std::move(error);  // otherwise it is what the cancellation came to
    heartbeat_.cancel();
  }
  asio::cancellation_slot slot() { return cancel_source_.slot(); }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  awaitable<void> write(std::string text) {
    asio::error_code woken;
    while (writing_) co_await writable_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    writing_ = true;
    const struct Release {
      OpenStream& stream;
      ~Release() {
        stream.writing_ = false;
        stream.writable_.cancel();
      }
    } release{*this};
    co_await out_.write(text);
    co_await out_.flush();  // an event that waits for others is of no use
    last_write_ = Timer::clock_type::now();
  }

  BodyWriter& out_;
  std::string last_event_id_;
  Timer heartbeat_;
  Timer writable_;  // cancelled when a write has ended
  asio::cancellation_signal cancel_source_;
  Timer::time_point last_write_ = Timer::clock_type::now();
  std::exception_ptr failure_;
  bool writing_ = false;
  bool stopped_ = false;
  bool ended_ = false;
};

// On the strand, until the source has ended.
awaitable<void> run_source(std::shared_ptr<OpenStream> stream, const EventSource& source, std::chrono::milliseconds heartbeat,
                           Strand strand) {
  const auto on_stop = [&] {
    asio::post(strand, [weak = std::weak_ptr<OpenStream>(stream)] {
      if (const auto open = weak.lock()) open->stop();
    });
  };
  const std::stop_callback callback(stream->stop_token(), on_stop);
  // It has the stream, too: where the server is taken down around them, nobody knows which of the two goes first.
  const auto run = [](const EventSource& produce, std::shared_ptr<OpenStream> open) -> awaitable<void> { co_await produce(*open); };
  asio::co_spawn(strand, run(source, stream),
                 asio::bind_cancellation_slot(stream->slot(), [&](std::exception_ptr error) { stream->source_ended(std::move(error)); }));
  co_await stream->keep_alive(heartbeat);
  stream->rethrow();
}

}  // namespace

Response event_stream(const Request& request, EventSource source, EventStreamOptions options) {
  std::string last_event_id(request.header("Last-Event-ID"));
  Response response = Response::stream(
      "text/event-stream",
      [source = std::move(source), heartbeat = options.heartbeat, last = std::move(last_event_id)](BodyWriter& out) -> awaitable<void> {
        const Strand strand(co_await asio::this_coro::executor);
        const auto stream = std::make_shared<OpenStream>(out, strand, last);
        co_await asio::co_spawn(strand, run_source(stream, source, heartbeat, strand), asio::use_awaitable);
      });
  response.header("Cache-Control", "no-store");
  response.header("X-Accel-Buffering", "no");  // nginx would hold events back
  return response;
}

}  // namespace ropeway
