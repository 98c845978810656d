#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.hpp"

namespace ropeway::testing {

/// A server behind a proxy, whose every byte a test says itself. All waits have a deadline; failures are `std::runtime_error`.
class ScriptedUpstream {
 public:
  /// A connection that the proxy has opened.
  class Connection {
   public:
    explicit Connection(int descriptor) noexcept : descriptor_(descriptor) {}
    ~Connection() { close(); }
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;

    /// The next head, with its empty line.
    [[nodiscard]] std::string read_head();
    [[nodiscard]] std::string read_bytes(std::size_t count);
    void send(std::string_view bytes) const;
    /// Reads the next head and sends `bytes`.
    void answer(std::string_view bytes) {
      (void)read_head();
      send(bytes);
    }
    /// Sends until the peer has taken nothing for `quiet`, or `most` bytes; gives how much it took.
    [[nodiscard]] std::size_t send_until_blocked(std::size_t most, std::chrono::milliseconds quiet) const;
    /// Waits until the peer has ended the connection; false where bytes come instead.
    [[nodiscard]] bool ends();
    /// Sends until the peer refuses to take more, or all of it.
    void send_until_refused(std::string_view bytes) const;
    /// Ends the sending direction.
    void half_close() const noexcept;
    /// Closes so that the peer gets a reset.
    void reset() noexcept;
    void close() noexcept;

   private:
    void receive();
    int descriptor_;
    std::string buffer_;
  };

  /// Listens on a free port of 127.0.0.1.
  ScriptedUpstream();
  /// Listens on a unix socket.
  explicit ScriptedUpstream(const std::string& path);
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  /// "http://127.0.0.1:40123", or "unix:/path".
  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  /// Waits for the next connection.
  [[nodiscard]] Connection accept() const;
  /// Whether a connection waits to be accepted.
  [[nodiscard]] bool has_visitor() const;

 private:
  int descriptor_;
  std::string url_;
};

}  // namespace ropeway::testing
