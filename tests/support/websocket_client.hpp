#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/raw_client.hpp"
#include "tests/support/websocket_frames.hpp"

namespace ropeway::testing {

/// A WebSocket's client that sends what it is told to.
class WebSocketClient {
 public:
  struct Frame {
    unsigned opcode = 0;
    std::string payload;
    bool operator==(const Frame&) const = default;
  };

  /// The request for an upgrade. `fields`: complete lines.
  [[nodiscard]] static std::string request(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\n" +
           std::string(fields) + "\r\n";
  }

  /// Opens one, and sends `begun` in the same piece.
  WebSocketClient(RawClient client, std::string_view path, std::string_view fields = "", std::string_view begun = "")
      : raw(std::move(client)) {
    answer = raw.exchange(request(path, fields) + std::string(begun));
    if (answer.status != 101) throw std::runtime_error("no WebSocket: " + std::to_string(answer.status) + " " + answer.body);
  }

  void send(std::string_view text) { raw.send(text_frame(text)); }
  [[nodiscard]] Frame read() {
    const std::string head = raw.read_bytes(2);
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size > 125) {
      const std::string longer = raw.read_bytes(size == 126 ? 2 : 8);
      size = 0;
      for (const char byte : longer) size = size << 8U | static_cast<unsigned char>(byte);
    }
    return {static_cast<unsigned char>(head[0]) & 0x0FU, raw.read_bytes(size)};
  }
  [[nodiscard]] std::string read_text() {
    Frame frame = read();
    if (frame.opcode != 1) throw std::runtime_error("no text: opcode " + std::to_string(frame.opcode));
    return std::move(frame.payload);
  }
  [[nodiscard]] std::string echo(std::string_view text) {
    send(text);
    return read_text();
  }
  /// The code of the Close frame that comes next; 1005 where it has none.
  [[nodiscard]] unsigned read_close() {
    const Frame frame = read();
    if (frame.opcode != 8) throw std::runtime_error("no Close frame: opcode " + std::to_string(frame.opcode));
    if (frame.payload.empty()) return 1005;
    return static_cast<unsigned char>(frame.payload[0]) * 256U + static_cast<unsigned char>(frame.payload[1]);
  }

  RawClient raw;
  RawResponse answer;
};

}  // namespace ropeway::testing
