// Whatever the bytes: a decoder of WebSocket frames says the same however they are cut, says at most one error, and holds no more than the
// limit on messages. The first byte of the input chooses whether compression was agreed on.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/src/protocol/websocket/utf8_validator.hpp"
#include "tests/support/websocket_transcript.hpp"

namespace {

constexpr std::uint64_t message_bytes = 4096;

std::string said(std::string_view bytes, std::size_t step, bool deflate) {
  ropeway::testing::WebSocketTranscript transcript(message_bytes, deflate);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) transcript.feed(bytes.substr(0, step));
  return transcript.text();
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// No message is larger than the limit, and every text is UTF-8.
void check_messages(std::string_view bytes, bool deflate) {
  using Kind = ropeway::protocol::websocket::Event::Kind;
  ropeway::protocol::websocket::Decoder decoder(message_bytes, deflate);
  bool ended = false;
  while (!bytes.empty()) {
    const auto event = decoder.next(bytes);
    require(!ended || event.kind == Kind::need_input, "something follows the end");
    ended = ended || event.kind == Kind::error || event.kind == Kind::close;
    if (event.kind != Kind::message) continue;
    const bool is_text = decoder.is_text();
    const std::string message = decoder.take_message();
    require(message.size() <= message_bytes, "a message is larger than the limit");
    require(!is_text || ropeway::protocol::websocket::is_utf8(message), "a text is no UTF-8");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool deflate = (data[0] & 1U) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string whole = said(bytes, std::max<std::size_t>(bytes.size(), 1), deflate);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    require(said(bytes, step, deflate) == whole, "what is said depends on how the bytes are cut");
  }
  check_messages(bytes, deflate);
  return 0;
}
