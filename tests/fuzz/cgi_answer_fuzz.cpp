// Whatever a script writes: the same answer comes of it however it is cut, and the parser keeps no more than its bound.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "handlers/answer_parser.hpp"

namespace {

using ropeway::handlers::AnswerParser;
using State = AnswerParser::State;

[[noreturn]] void fail(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::abort();
}

std::string parsed(std::string_view bytes, std::size_t step) {
  AnswerParser parser;
  State state = State::incomplete;
  while (state == State::incomplete && !bytes.empty()) {
    state = parser.add(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  if (state == State::incomplete) return "incomplete";
  if (state == State::malformed) {
    if (parser.mistake().empty()) fail("it does not say what is wrong");
    return "malformed " + std::string(parser.mistake());
  }
  const ropeway::Response response = parser.take_response();
  const unsigned status = code(response.status());
  if (status < 200 || status > 599) fail("that is no status");
  const std::string_view wire = response.headers().wire();
  if (wire.find("\r\n\r\n") != std::string_view::npos || wire.find('\0') != std::string_view::npos) fail("the header is not one");
  return std::to_string(status) + std::string(wire) + parser.local() + "\n" + parser.take_rest() + std::string(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = parsed(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{17}}) {
    if (parsed(bytes, step) != whole) fail("the answer depends on how the bytes are cut");
  }
  return 0;
}
