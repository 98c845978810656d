#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

namespace ropeway {

/// One event of a stream (HTML standard, "Server-sent events"). Views need to live until `send` has ended.
struct ServerEvent {
  std::string_view data;                           ///< may have several lines
  std::string_view type;                           ///< what `addEventListener` names; empty: "message"
  std::string_view id;                             ///< what the client says as `Last-Event-ID` when it comes back; empty: none
  std::optional<std::chrono::milliseconds> retry;  ///< how long the client waits before it comes back
};

/// The open stream, for the coroutine that sends events. Valid inside it; one call at a time.
class EventStream {
 public:
  /// Sends an event, and waits while the client is slow. Throws `ConnectionLost` when it has gone, and `std::invalid_argument` where `type` or `id` has
  /// a line break or NUL.
  [[nodiscard]] virtual awaitable<void> send(ServerEvent event) = 0;
  [[nodiscard]] awaitable<void> send(std::string_view data) { return send(ServerEvent{data, {}, {}, {}}); }
  /// What the client has seen last, where it comes back; empty otherwise.
  [[nodiscard]] virtual std::string_view last_event_id() const noexcept = 0;
  /// Is asked to stop when the client has gone or the worker ends: for waits that are not Asio's.
  [[nodiscard]] virtual std::stop_token stop_token() = 0;

 protected:
  ~EventStream() = default;
};

/// How an event stream is kept open.
struct EventStreamOptions {
  /// A comment is sent where nothing else was for so long: proxies keep the connection then, and a client that has gone is noticed.
  std::chrono::milliseconds heartbeat{15'000};
};

/// Sends events: the coroutine, with what it captures by value. When the client has gone or the worker ends (a stop, a reload), the operation of Asio's
/// that it waits for is cancelled: it throws, and the exception may leave the coroutine. The stream ends in order, and clients that are still
/// there come back by themselves.
using EventSource = std::function<awaitable<void>(EventStream&)>;

/// A response of the type `text/event-stream`, to a request of any handler but `IsolatedHandler`. It ends when `source` returns.
[[nodiscard]] Response event_stream(const Request& request, EventSource source, EventStreamOptions options = {});

}  // namespace ropeway
