// Whatever the bytes: decoding them gives the same however they are cut, and never more at once than there is room for; and what is encoded
// is decoded again.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <ropeway/content_coding.hpp>

#include "tests/support/encoded.hpp"

namespace {

using namespace ropeway;

constexpr std::size_t enough = 1 << 20;  // of a bomb

void require(bool condition) {
  if (!condition) std::abort();
}

std::string decoded(ContentCoding coding, std::string_view bytes, std::size_t step, std::size_t room) {
  const auto decoder = make_decoder(coding);
  std::string text;
  std::string space(room, '\0');
  try {
    while (!bytes.empty()) {
      std::string_view input = bytes.substr(0, step);
      bytes.remove_prefix(input.size());
      for (std::size_t size = room; size == room;) {
        size = decoder->decode(input, space);
        require(size <= room);
        text.append(space, 0, size);
        if (text.size() >= enough) return text.substr(0, enough);
      }
      require(input.empty());
    }
  } catch (const MalformedContent&) {
    return "malformed";  // what was given before the fault depends on the room
  }
  return text + (decoder->complete() ? "" : "...");
}

}  // namespace

// The first byte chooses the coding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  constexpr std::array codings = {ContentCoding::gzip, ContentCoding::br, ContentCoding::zstd};
  const ContentCoding coding = codings[data[0] % 3];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = decoded(coding, bytes, std::max<std::size_t>(bytes.size(), 1), 64 * 1024);
  for (const auto& [step, room] : {std::pair(1, 64 * 1024), std::pair(5, 256)}) {
    const std::string cut = decoded(coding, bytes, static_cast<std::size_t>(step), static_cast<std::size_t>(room));
    // Where a fault comes just behind what is enough, only one of them may have come to it.
    require(cut == whole || cut.size() == enough || whole.size() == enough);
  }
  if (data[0] >= 16) return 0;
  require(decoded(coding, testing::encoded(coding, bytes), 7, 64 * 1024) == bytes);
  return 0;
}
