#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ropeway/awaitable.hpp>
#include <ropeway/config_node.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

/// How long a stream waits.
struct StreamOptions {
  std::chrono::milliseconds idle{300'000};  ///< for a byte that its handler waits for; 0: for ever

  /// The setting `stream`, an object.
  [[nodiscard]] static Setting setting();
  /// What `options`, which declare `setting()`, say.
  [[nodiscard]] static StreamOptions from(const ConfigNode& options);
};

/// A client's message is longer than it may be.
class MessageTooLong : public std::length_error {
 public:
  using std::length_error::length_error;
};

/// A connection whose protocol is its handler's own, as that one's coroutine has it: bytes in both directions.
///
/// One read and one write may be in progress at the same time. All of them throw `ConnectionLost`, which a handler need not catch, where the
/// connection breaks, the client does not take what is written (`timeouts.send`), says nothing for `stream.idle`, or where the worker ends and
/// `timeouts.drain` is over. What the client sends is read when the handler asks, and not before: until then the client has to wait.
class Stream {
 public:
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Waits for bytes, at least one, and puts as many into `room` as there are. How many; 0: the client has ended its side. `room` is not empty.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<char> room);
  /// The bytes before the next `delimiter`, which is read, too, and not empty. Nothing where the client has ended its side in front of the first of them,
  /// or where the worker ends and none has come (see `wait_for_input`). Throws `MessageTooLong` where it has not come within `most` bytes, and
  /// `ConnectionLost` where the client ends its side within them.
  [[nodiscard]] awaitable<std::optional<std::string>> read_until(std::string_view delimiter, std::size_t most);
  /// The next line, without its "\n" or "\r\n"; otherwise as `read_until`.
  [[nodiscard]] awaitable<std::optional<std::string>> read_line(std::size_t most = 8192);
  /// Waits between two messages until something has come. False: the client has ended its side, or the worker ends (for a reload, say) and
  /// nothing has come. A handler that returns then lets both go on without a wait.
  [[nodiscard]] awaitable<bool> wait_for_input();

  /// Sends all of `data`, and waits while the client does not take it (back-pressure). `data` stays where it is until then.
  [[nodiscard]] awaitable<void> write(std::string_view data) { return send(data); }
  /// Ends our side behind what was written; the client may still send. A handler that returns does that.
  virtual void end_output() = 0;

  /// The client: its numeric address and port, from a PROXY header where the address has one; "unix" and 0 of a unix socket.
  [[nodiscard]] virtual std::string_view peer_address() const noexcept = 0;
  [[nodiscard]] virtual std::uint16_t peer_port() const noexcept = 0;

 protected:
  /// `received`: what has come already.
  explicit Stream(std::string received = {}) noexcept : unread_(std::move(received)) {}
  ~Stream() = default;

  /// As `read_some` and `write`, past what has been received.
  [[nodiscard]] virtual awaitable<std::size_t> receive(std::span<char> room) = 0;
  [[nodiscard]] virtual awaitable<void> send(std::string_view data) = 0;
  /// What comes next, as much as there is; it stays where it is until the coroutine waits for anything. Empty: the client has ended its side, or, where
  /// this is asked `between_messages`, the worker ends.
  [[nodiscard]] virtual awaitable<std::string_view> receive_piece(bool between_messages) = 0;

 private:
  [[nodiscard]] std::string_view unread() const noexcept { return std::string_view(unread_).substr(unread_at_); }
  void take(std::size_t size) noexcept;

  std::string unread_;  // behind a delimiter
  std::size_t unread_at_ = 0;
};

/// A handler of connections with a protocol of their own, without HTTP. An address of `listen` names it: `{"address": ":7000", "handler": "echo"}`.
/// Its options have `stream` besides its own (see `StreamOptions`).
///
/// A handler that was constructed is ready; many threads call `handle` at the same time, for a connection each.
class StreamHandler {
 public:
  StreamHandler() = default;
  StreamHandler(const StreamHandler&) = delete;
  StreamHandler& operator=(const StreamHandler&) = delete;
  virtual ~StreamHandler() = default;

  /// Runs as long as the connection shall, from its first moment on: `while (auto line = co_await stream.read_line()) co_await stream.write(*line);`
  /// `stream` and the handler outlive the coroutine. What it throws ends the connection, and is logged as an error, unless it is the client's fault
  /// (`ConnectionLost`, `MessageTooLong`).
  [[nodiscard]] virtual awaitable<void> handle(Stream& stream) const = 0;

  [[nodiscard]] const StreamOptions& options() const noexcept { return options_; }
  /// What the registry does with the options. Before it is handed over.
  void set_options(const StreamOptions& options) noexcept { options_ = options; }

 private:
  StreamOptions options_;
};

}  // namespace ropeway
