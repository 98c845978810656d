#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include <ropeway/status.hpp>

namespace ropeway {

/// Thrown by a handler or a middleware to answer with an error status. `what()` is sent to the client as the explanation for
/// 4xx, and only logged for 5xx.
class HttpError : public std::runtime_error {
 public:
  explicit HttpError(Status status) : HttpError(status, std::string(reason_phrase(status))) {}
  HttpError(Status status, const std::string& explanation) : std::runtime_error(explanation), status_(status) {}
  /// With `Retry-After` (RFC 9110 §10.2.3): when it may be worth asking again.
  HttpError(Status status, const std::string& explanation, std::chrono::seconds retry_after)
      : std::runtime_error(explanation), status_(status), retry_after_(retry_after) {}
  [[nodiscard]] Status status() const noexcept { return status_; }
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept { return retry_after_; }

 private:
  Status status_;
  std::optional<std::chrono::seconds> retry_after_;
};

/// Thrown out of `BodyReader`, `BodyWriter`, `WebSocket` and `Stream` when the client has gone or was given up. A handler need not catch it.
class ConnectionLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ropeway
