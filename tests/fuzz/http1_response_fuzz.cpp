// Whatever a server behind sends: the same events come of it however it is cut, and the reader keeps no more than its bound.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "core/src/protocol/http1/response_reader.hpp"

namespace {

using ropeway::protocol::Limits;
using ropeway::protocol::http1::ResponseReader;
using Kind = ropeway::protocol::http1::ResponseEvent::Kind;

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::abort();
}

void describe(ResponseReader& reader, std::string& text) {
  text += std::to_string(code(reader.status())) + "\n";
  for (const ropeway::HeaderField& field : reader.fields()) {
    if (field.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) fail("a field's value holds a line's end");
    if (field.name.find_first_of(std::string_view("\r\n:\0 ", 5)) != std::string_view::npos) fail("that is no field's name");
    text.append(field.name).append(": ").append(field.value).append("\n");
  }
}

std::string read(std::string_view bytes, std::size_t step, bool to_head) {
  Limits limits;
  limits.header_bytes = 2048;
  limits.trailer_bytes = 256;
  ResponseReader reader(limits, to_head);
  std::string text;
  std::string content;
  for (;;) {
    const auto event = reader.next();
    switch (event.kind) {
      case Kind::interim:
        if (code(reader.status()) >= 200) fail("that is no interim response");
        describe(reader, text);
        continue;
      case Kind::head:
        if (code(reader.status()) < 200) fail("that is an interim response");
        describe(reader, text);
        continue;
      case Kind::data:
        if (event.data.empty()) fail("a piece of content is empty");
        content += event.data;
        continue;
      case Kind::end:
        if (reader.length() && reader.has_content() && content.size() != *reader.length())
          fail("the content is not as long as it should be");
        if (reader.trailers().size() > limits.trailer_bytes) fail("the trailers are larger than they may be");
        return text + content + "\n" + std::string(reader.trailers()) + "end";
      case Kind::error:
        if (event.reason.empty()) fail("it does not say what is wrong");
        return text + content + "\n" + std::string(event.reason);
      case Kind::need_input: break;
    }
    const std::span<char> room = reader.prepare();
    if (room.empty()) fail("there is no room for what is needed");
    const std::size_t size = std::min({room.size(), step, bytes.size()});
    if (size == 0) {
      reader.commit_end();
      continue;
    }
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool to_head = data[0] == 'H';
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = read(bytes, std::max<std::size_t>(size, 1), to_head);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    if (read(bytes, step, to_head) != whole) fail("the events depend on how the bytes are cut");
  }
  return 0;
}
