#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/awaitable.hpp>
#include <ropeway/body.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// What a WebSocket may use, and how long it waits.
struct WebSocketOptions {
  std::uint64_t message_bytes = 1024U * 1024U;      ///< of a message that the peer sends, also after inflation
  std::uint64_t queue_bytes = 1024U * 1024U;        ///< that wait for a peer that reads slowly
  std::chrono::milliseconds ping_interval{30'000};  ///< of silence after which the peer is asked whether it is there; 0: never
  std::chrono::milliseconds pong_timeout{20'000};   ///< that it may take to answer
  std::chrono::milliseconds close_timeout{5'000};   ///< that the peer may take to answer a Close frame
  bool compression = false;                         ///< agree to permessage-deflate (RFC 7692)
  std::uint64_t compression_threshold = 256;        ///< bytes of a message below which it is not compressed
  std::vector<std::string> origins;                 ///< of pages that may connect; none: the host that they connect to

  /// The setting `websocket`, an object.
  [[nodiscard]] static Setting setting();
  /// What `options`, which declare `setting()`, say.
  [[nodiscard]] static WebSocketOptions from(const ConfigNode& options);
};

/// A message, whole, as it was before it was compressed or cut into frames.
struct WebSocketMessage {
  enum class Kind : std::uint8_t { text, binary };
  Kind kind = Kind::text;
  std::string data;  ///< of a text, valid UTF-8
  [[nodiscard]] bool is_text() const noexcept { return kind == Kind::text; }
};

/// How a WebSocket came to its end (RFC 6455 §7.1.5).
struct WebSocketClose {
  std::uint16_t code = 1006;  ///< the peer's, or ours; 1005 where the peer gave none, 1006 where the connection broke
  std::string reason;
};

/// Sends to one WebSocket from anywhere: another coroutine, another thread, another connection's handler. It may be copied and kept; once the
/// connection has ended, it does nothing and says so. Thread-safe; nothing waits. Messages of one thread arrive in their order.
///
/// What the peer does not read is kept up to `websocket.queue_bytes`; a peer that is slower than that is closed with code 1013 by
/// `send`, since what it would miss, it could not know of, and passed over by `offer`.
class WebSocketSender {
 public:
  using Kind = WebSocketMessage::Kind;

  /// False where the message will not arrive: the connection has ended, or does so because the peer is too slow. Throws
  /// `std::invalid_argument` for a text that is no UTF-8.
  bool send(std::string_view data, Kind kind = Kind::text) const { return target_->post(bytes_of(data), kind, false); }
  /// The same with bytes that many connections share: large ones are not copied.
  bool send(const SharedBytes& data, Kind kind = Kind::text) const { return target_->post(data, kind, false); }
  /// False also where there is no room for it now. It does not end a connection.
  bool offer(std::string_view data, Kind kind = Kind::text) const { return target_->post(bytes_of(data), kind, true); }
  bool offer(const SharedBytes& data, Kind kind = Kind::text) const { return target_->post(data, kind, true); }

  /// As `WebSocket::close`.
  void close(std::uint16_t code = 1000, std::string_view reason = {}) const { target_->close(code, reason); }
  /// Bytes that wait for the peer.
  [[nodiscard]] std::size_t queued() const { return target_->queued(); }
  /// Whether messages can still be sent.
  [[nodiscard]] bool is_open() const { return target_->is_open(); }

  /// What stands behind it: the framework's, or a test's.
  class Target {
   public:
    virtual ~Target() = default;
    virtual bool post(const SharedBytes& data, Kind kind, bool may_drop) = 0;
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
    [[nodiscard]] virtual std::size_t queued() = 0;
    [[nodiscard]] virtual bool is_open() = 0;
  };
  explicit WebSocketSender(std::shared_ptr<Target> target) noexcept : target_(std::move(target)) {}

 private:
  [[nodiscard]] static SharedBytes bytes_of(std::string_view data) { return {nullptr, data}; }  // without an owner: copied
  std::shared_ptr<Target> target_;
};

/// A WebSocket (RFC 6455), as its handler's coroutine has it. Pings, pongs and the closing handshake are the framework's business.
///
/// One `receive` and one `send` may be in progress at the same time; `close`, `sender` and what is `const` are thread-safe.
class WebSocket {
 public:
  using Message = WebSocketMessage;
  using Kind = WebSocketMessage::Kind;

  /// The next message; nothing once the WebSocket closes, and again whenever it is asked after that. While a handler does not ask, at most two
  /// messages are read ahead, and then the peer has to wait.
  [[nodiscard]] virtual awaitable<std::optional<Message>> receive() = 0;

  /// Sends a message. Waits while more than `websocket.queue_bytes` are on their way (back-pressure). The bytes are copied before the call suspends.
  /// Throws `ConnectionLost` where the WebSocket closes or has closed, or the peer does not read (`timeouts.send`), which a handler need not
  /// catch; and `std::invalid_argument` for a text that is no UTF-8.
  [[nodiscard]] awaitable<void> send(std::string_view text) { return send(text, Kind::text); }
  [[nodiscard]] awaitable<void> send_binary(std::string_view data) { return send(data, Kind::binary); }
  [[nodiscard]] awaitable<void> send(const Message& message) { return send(message.data, message.kind); }
  [[nodiscard]] virtual awaitable<void> send(std::string_view data, Kind kind) = 0;

  /// Begins the closing handshake behind what was sent so far; the framework brings it to its end, within `websocket.close_timeout`. From now on
  /// what comes is dropped, and `receive` gives nothing. `code`: 1000 to 1014 but for 1004 to 1006, or 3000 to 4999 (RFC 6455 §7.4), otherwise `std::invalid_argument`; `reason`:
  /// UTF-8, of which 123 bytes are sent. A handler that returns closes with 1000; one that throws, with 1011.
  virtual void close(std::uint16_t code = 1000, std::string_view reason = {}) = 0;

  /// A means to send to this WebSocket from elsewhere, also beyond the handler's end.
  [[nodiscard]] virtual WebSocketSender sender() = 0;
  /// What was agreed on of `WebSocketHandler::protocols`; "" for none.
  [[nodiscard]] virtual std::string_view protocol() const noexcept = 0;
  /// How it came to its end; for after `receive` has given nothing.
  [[nodiscard]] virtual WebSocketClose closed() const = 0;

 protected:
  ~WebSocket() = default;
};

/// A handler of WebSockets. Its route answers requests for one (`GET` with `Upgrade: websocket`); others get status 426. Middlewares run before
/// that, and may refuse. Options of the route have `websocket` besides its own (see `WebSocketOptions`).
class WebSocketHandler {
 public:
  WebSocketHandler() = default;
  WebSocketHandler(const WebSocketHandler&) = delete;
  WebSocketHandler& operator=(const WebSocketHandler&) = delete;
  virtual ~WebSocketHandler() = default;

  /// Runs as long as the connection shall: `while (auto message = co_await socket.receive()) co_await socket.send(*message);`
  /// `socket`, `request` and the handler outlive the coroutine. `request` has no body.
  [[nodiscard]] virtual awaitable<void> handle(WebSocket& socket, const Request& request) const = 0;

  /// The subprotocols that it speaks (`Sec-WebSocket-Protocol`); of those that a client offers, the first that is among them is agreed on. Asked once.
  [[nodiscard]] virtual std::vector<std::string> protocols() const { return {}; }

  /// Called before the upgrade: throws `HttpError` to refuse it. On the I/O thread, so it must not block.
  virtual void admit(const Request&) const {}

  [[nodiscard]] const WebSocketOptions& options() const noexcept { return options_; }
  /// What the registry does with the route's options; for a program that makes its handler itself. Before it is handed over.
  void set_options(WebSocketOptions options) { options_ = std::move(options); }

 private:
  WebSocketOptions options_;
};

}  // namespace ropeway
