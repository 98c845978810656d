#pragma once

#include <string>
#include <string_view>

#include "core/src/protocol/websocket/decoder.hpp"

namespace ropeway::testing {

/// What a decoder says, event by event, in words: "text(hello) ping() close(1000,bye)".
class WebSocketTranscript {
 public:
  WebSocketTranscript(std::uint64_t message_bytes, bool deflate) : decoder_(message_bytes, deflate) {}

  void feed(std::string_view bytes) {
    using Kind = protocol::websocket::Event::Kind;
    for (;;) {
      const protocol::websocket::Event event = decoder_.next(bytes);
      switch (event.kind) {
        case Kind::need_input: return;
        case Kind::message: add(decoder_.is_text() ? "text" : "binary", decoder_.take_message()); break;
        case Kind::ping: add("ping", event.data); break;
        case Kind::pong: add("pong", event.data); break;
        case Kind::close: add("close", std::to_string(event.code) + "," + std::string(event.data)); break;
        case Kind::error: add("error", std::to_string(event.code)); break;
      }
    }
  }
  [[nodiscard]] std::string text() const { return text_; }

 private:
  void add(std::string_view what, std::string_view of) { text_.append(what).append("(").append(of).append(") "); }
  protocol::websocket::Decoder decoder_;
  std::string text_;
};

}  // namespace ropeway::testing
