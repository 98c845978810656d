#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/socket_address.hpp"

namespace ropeway::testing {

/// A response as it came over the wire, with its framing removed.
struct RawResponse {
  int status = 0;
  std::string version;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool chunked = false;

  /// The value of the first field of that name (in any case); "" where there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

/// A client that sends the bytes it is told to, blocking, each wait with a deadline. Every failure is a `std::runtime_error` that
/// says what was awaited and what had come.
class RawClient {
 public:
  static constexpr std::chrono::milliseconds default_patience = std::chrono::seconds(20);

  explicit RawClient(const SocketAddress& address, std::chrono::milliseconds patience = default_patience);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  /// Sends everything.
  void send(std::string_view bytes);
  /// Sends until the peer refuses to take more; gives how much it took. Still throws when the patience ends.
  std::size_t send_until_refused(std::string_view bytes);
  /// Sends what the kernel takes without waiting.
  void send_what_fits(std::string_view bytes);
  /// The next response. `to_head` says that it answers a HEAD request and has no body. A 1xx response is given like any other.
  [[nodiscard]] RawResponse read_response(bool to_head = false);
  /// Sends `head_and_body`, reads the response.
  [[nodiscard]] RawResponse exchange(std::string_view head_and_body) {
    send(head_and_body);
    return read_response(head_and_body.starts_with("HEAD "));
  }
  /// "GET target" with a Host field, on this connection.
  [[nodiscard]] RawResponse get(std::string_view target, std::string_view further_fields = "");
  /// What comes until the peer closes, with what is already buffered; then ends its own side, too. A reset is an error.
  [[nodiscard]] std::string read_until_close();
  /// Waits for `count` bytes (buffered ones included) and takes them.
  [[nodiscard]] std::string read_bytes(std::size_t count);
  /// Waits until the peer closes or resets; true where it sent nothing more, and then its own side has ended, too.
  [[nodiscard]] bool ends_without_more();

  /// Ends the sending direction.
  void half_close();
  /// Closes so that the peer gets a reset.
  void reset();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  [[nodiscard]] Deadline deadline() const { return std::chrono::steady_clock::now() + patience_; }
  void wait(short events, Deadline until, std::string_view what) const;
  // Reads more into the buffer; false at the peer's end.
  [[nodiscard]] bool receive(Deadline until, std::string_view what);
  [[nodiscard]] std::string take_line(Deadline until);
  void read_fields(RawResponse& response, Deadline until);
  void read_body(RawResponse& response, Deadline until);
  void read_chunks(RawResponse& response, Deadline until);
  [[nodiscard]] std::string take(std::size_t count, Deadline until);
  void end_sending() noexcept;

  int descriptor_ = -1;
  std::chrono::milliseconds patience_;
  std::string buffer_;
};

/// Whether somebody accepts at the address, or will: a unix socket's file is there before anybody listens.
[[nodiscard]] bool is_listening(const SocketAddress& address);

}  // namespace ropeway::testing
