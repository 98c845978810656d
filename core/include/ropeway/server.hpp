#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/handler.hpp>

namespace ropeway {

/// A server inside this process, without a supervisor: for tests, tools, and programs that have a life of their own.
/// It listens from its construction on, so that `port()` is known; it stops with its scope.
class Server {
 public:
  /// Listens on `host` ("" for every address) and `port` (0 for a free one); `handler` answers every request.
  /// Throws `std::system_error` where the address cannot be bound. From then on the process ignores SIGPIPE.
  /// For an `IsolatedHandler` it forks a process: make it before the program has threads.
  Server(std::string_view host, std::uint16_t port, AnyHandler handler);

  /// The same from the handler's class: `Server::with<Hello>("", 8000)`.
  template <class T, class... Arguments>
  [[nodiscard]] static Server with(std::string_view host, std::uint16_t port, Arguments&&... arguments) {
    return Server(host, port, wrap(std::make_unique<T>(std::forward<Arguments>(arguments)...)));
  }

  Server(Server&&) noexcept;
  Server& operator=(Server&&) = delete;
  /// Stops, waits for the I/O threads, closes every connection.
  ~Server();

  /// The port of the first listener.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Serves on this thread (and `threads - 1` more) until `stop`, SIGINT or SIGTERM; then finishes requests that run, at most 30 s.
  void serve_forever(unsigned threads = 1);
  /// Serves in the background until `stop` or the end of the scope.
  void start(unsigned threads = 1);
  /// Ends serving. Thread-safe.
  void stop() noexcept;

 private:
  static AnyHandler wrap(std::unique_ptr<Handler> handler) { return handler; }
  static AnyHandler wrap(std::unique_ptr<AsyncHandler> handler) { return handler; }
  static AnyHandler wrap(std::unique_ptr<BlockingHandler> handler) { return handler; }
  static AnyHandler wrap(std::unique_ptr<IsolatedHandler> handler) { return handler; }
  static AnyHandler wrap(std::unique_ptr<WebSocketHandler> handler) { return handler; }
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropeway
