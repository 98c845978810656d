#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/headers.hpp>
#include <ropeway/launch.hpp>
#include <ropeway/status.hpp>

namespace ropeway::testing {

/// What a server has answered.
struct Answer {
  Status status = Status::ok;
  Headers headers;
  std::string body;  ///< without transfer coding
};

/// A whole server inside a test, and a client of it: bytes in, bytes out, without a port, a file or another process. Routes, middlewares, limits and
/// timeouts are those of the configuration, and everything that a request meets is what it meets in production, but for the network.
/// Failures are `std::runtime_error`. Not thread-safe; several may exist beside each other.
class Client {
 public:
  /// `configuration` is the text of a configuration file, of which `listen`, `processes` and the logs are not used; `threads` is 2 where it says "auto".
  /// Variables of the environment are not read, and relative paths begin at the current folder. The log goes to standard error, from warnings on.
  /// Throws `std::invalid_argument` with the whole report where there is a mistake in it. With handlers in child processes, make it before the
  /// program has threads.
  explicit Client(std::string_view configuration, const Register& register_handlers = {});
  /// The same with the configuration in a file; relative paths begin at its folder. Throws `std::system_error` where it cannot be read.
  [[nodiscard]] static Client from_file(const std::string& file, const Register& register_handlers = {});
  /// Ends the server: at once, without waiting for what runs.
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) = delete;

  /// The answer to a request of its own connection, with `Host: localhost` where `fields` name none. Interim answers (1xx) are left out.
  /// Throws `std::invalid_argument` where a field has a line break in it: for malformed requests, there is `exchange`.
  [[nodiscard]] Answer request(std::string_view method, std::string_view target, std::initializer_list<HeaderField> fields = {},
                               std::string_view content = {});
  [[nodiscard]] Answer get(std::string_view target, std::initializer_list<HeaderField> fields = {}) {
    return request("GET", target, fields);
  }
  [[nodiscard]] Answer post(std::string_view target, std::string_view content_type, std::string_view content) {
    return request("POST", target, {{"Content-Type", content_type}}, content);
  }
  /// Sends `bytes` on a connection of its own, ends its side, and gives everything that comes until the server closes.
  [[nodiscard]] std::string exchange(std::string_view bytes);

 private:
  struct Server;
  explicit Client(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace ropeway::testing
