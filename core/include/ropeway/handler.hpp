#pragma once

#include <memory>
#include <variant>

#include <ropeway/awaitable.hpp>
#include <ropeway/child_process.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/websocket.hpp>

namespace ropeway {

/// A handler that answers at once, on the I/O thread. It must not block: derive from `BlockingHandler` for that.
///
/// A handler that was constructed is ready; many threads call `handle` at the same time. What it throws becomes an error response
/// (`HttpError` its status, everything else 500) and never ends the worker.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;
  /// `request` is complete, with its body, and valid until this returns.
  [[nodiscard]] virtual Response handle(const Request& request) const = 0;
  /// Whether this request is one that takes long, and is to be handled on the process's pool as that of a `BlockingHandler`. Asked on the I/O
  /// thread before `handle`.
  [[nodiscard]] virtual bool blocks(const Request&) const { return false; }
  /// Whether it has any use for `request.body()`. Where not, what a client sends is read, checked and dropped piece by piece, and takes no memory.
  [[nodiscard]] virtual bool uses_body() const noexcept { return true; }
};

/// A handler that is a coroutine: it may await timers, sockets, databases and the request's body.
/// It starts when the head of the request has arrived. `request` and the handler outlive the coroutine.
class AsyncHandler {
 public:
  AsyncHandler() = default;
  AsyncHandler(const AsyncHandler&) = delete;
  AsyncHandler& operator=(const AsyncHandler&) = delete;
  virtual ~AsyncHandler() = default;
  [[nodiscard]] virtual awaitable<Response> handle(Request& request) const = 0;
};

/// A handler that may block: it runs on the process's pool of `blocking.threads` threads. At most `blocking.queue` requests wait
/// for one, and none for longer than `blocking.wait`; the others are answered with 503. Otherwise as `Handler`.
class BlockingHandler {
 public:
  BlockingHandler() = default;
  BlockingHandler(const BlockingHandler&) = delete;
  BlockingHandler& operator=(const BlockingHandler&) = delete;
  virtual ~BlockingHandler() = default;
  [[nodiscard]] virtual Response handle(const Request& request) const = 0;
};

/// A handler that runs in a child process of its own for each request: what it breaks, leaks or never ends, ends with that process. A crash
/// is answered with 502, and nothing else comes of it; past `limits` (an object in the route's options, see `ChildLimits`) it is 504.
///
/// It is constructed once, in the worker; each child is a copy of the process as it was then, with one thread. What `handle` changes is seen by
/// nobody else. `request` is complete, with its body. What it prints or logs goes to the application log. Otherwise as `BlockingHandler`.
class IsolatedHandler {
 public:
  IsolatedHandler() = default;
  IsolatedHandler(const IsolatedHandler&) = delete;
  IsolatedHandler& operator=(const IsolatedHandler&) = delete;
  virtual ~IsolatedHandler() = default;
  [[nodiscard]] virtual Response handle(const Request& request) const = 0;

  [[nodiscard]] const ChildLimits& limits() const noexcept { return limits_; }
  /// What the registry does with the route's options; for a program that makes its handler itself. Before it is handed over.
  void set_limits(const ChildLimits& limits) noexcept { limits_ = limits; }

 private:
  ChildLimits limits_;
};

/// A handler of any kind, as the registry makes them.
using AnyHandler = std::variant<std::unique_ptr<Handler>, std::unique_ptr<AsyncHandler>, std::unique_ptr<BlockingHandler>,
                                std::unique_ptr<IsolatedHandler>, std::unique_ptr<WebSocketHandler>>;

}  // namespace ropeway
