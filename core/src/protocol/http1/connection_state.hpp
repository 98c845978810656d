#pragma once

#include <cstdint>

namespace ropeway::protocol::http1 {

/// Where a connection stands between one request and its response. Both sides move on their own and only forward; when both have ended,
/// either the next request is awaited or the connection closes:
///
///     request     awaited > content > complete
///     response    none > begun > ended
///
/// An answer may overtake the request (`ended` while `content`): what is left of the content is then dropped, or the connection closes.
class ConnectionState {
 public:
  enum class Request : std::uint8_t { awaited, content, complete };
  enum class Response : std::uint8_t { none, begun, ended };

  [[nodiscard]] Request request() const noexcept { return request_; }
  [[nodiscard]] Response response() const noexcept { return response_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  [[nodiscard]] bool input_ended() const noexcept { return input_ended_; }
  [[nodiscard]] bool lingers() const noexcept { return lingers_; }
  /// Whether the response is owed, or is being sent.
  [[nodiscard]] bool exchange_runs() const noexcept { return request_ != Request::awaited && response_ != Response::ended; }
  /// Whether request and response have ended, and another request may follow.
  [[nodiscard]] bool exchange_ended() const noexcept { return request_ == Request::complete && response_ == Response::ended && !closing_; }
  /// Whether the rest of an answered request is to be read and dropped.
  [[nodiscard]] bool dropping_content() const noexcept { return request_ == Request::content && response_ == Response::ended && !closing_; }
  /// Whether bytes that arrive are of no interest any more.
  [[nodiscard]] bool input_ignored() const noexcept { return closing_; }

  void head_received() noexcept { request_ = Request::content; }
  void content_ended() noexcept { request_ = Request::complete; }
  /// `close`: the response says that the connection closes behind it; `linger`: the peer may still be sending then.
  void response_begun(bool close, bool linger) noexcept;
  void response_ended() noexcept;
  void await_next_request() noexcept;
  void end_input() noexcept { input_ended_ = true; }
  /// The peer broke the protocol, or was given up: nothing more is read, and what is owed is sent.
  void fail() noexcept;

 private:
  Request request_ = Request::awaited;
  Response response_ = Response::none;
  bool close_after_response_ = false;
  bool closing_ = false;
  bool failed_ = false;
  bool lingers_ = false;
  bool input_ended_ = false;
};

}  // namespace ropeway::protocol::http1
