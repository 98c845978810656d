// Whatever the bytes: the codec gives events or one error, in bounded memory, and the same ones however the bytes are cut.
//
// The bytes are fed whole and then in pieces whose sizes come from the input itself. Each request is answered, when it is complete or already
// at its head; with half of the inputs the limits are small, so that they are reached. Seeds: tests/data/http1.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/support/http1_transcript.hpp"

namespace {

using ropeway::testing::http1_transcript;
using ropeway::testing::Pieces;
using ropeway::testing::Transcript;
using ropeway::testing::TranscriptOptions;

constexpr ropeway::protocol::Limits usual_limits;
constexpr ropeway::protocol::Limits small_limits{.header_bytes = 200,
                                                 .header_count = 5,
                                                 .target_bytes = 40,
                                                 .body_bytes = 100,
                                                 .chunk_line_bytes = 12,
                                                 .trailer_bytes = 30,
                                                 .discard_bytes = 10};

// FNV-1a of the input, then xorshift: the same input is always cut in the same way.
class Random {
 public:
  explicit Random(std::string_view seed) noexcept {
    for (const char byte : seed) state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    if (state_ == 0) state_ = 1;
  }
  std::uint64_t next() noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

Pieces cut(std::string_view bytes) {
  Random random(bytes);
  const std::uint64_t longest = std::uint64_t{1} << (random.next() % 10);
  Pieces pieces;
  while (!bytes.empty()) {
    pieces.push_back(bytes.substr(0, static_cast<std::size_t>(1 + random.next() % longest)));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(std::string_view bytes, const ropeway::protocol::Limits& limits, TranscriptOptions options) {
  const Transcript whole = http1_transcript({bytes}, limits, options);
  const Transcript pieces = http1_transcript(cut(bytes), limits, options);
  require(whole.events == pieces.events, "the events depend on how the bytes are cut");
  require(whole.fields == pieces.fields, "the fields depend on how the bytes are cut");
  require(whole.output == pieces.output, "the output depends on how the bytes are cut");
  require(whole.reason == pieces.reason, "the error depends on how the bytes are cut");
  require(whole.closing == pieces.closing, "the end of the connection depends on how the bytes are cut");
  if (whole.reason.empty()) return;
  require(whole.closing && whole.must_linger, "an error leaves the connection open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool small = size > 0 && data[size - 1] % 2 == 0;
  check(bytes, small ? small_limits : usual_limits, {.answer_at_head = size % 2 == 0});
  return 0;
}
