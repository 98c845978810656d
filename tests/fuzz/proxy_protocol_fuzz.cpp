// Whatever the bytes: what a PROXY header says does not depend on how they are cut, it takes no more of them than it may have, and one that
// is complete says the same when it stands alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/src/protocol/proxy_protocol/header.hpp"

namespace {

using ropeway::protocol::proxy_protocol::Header;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Said {
  Header header;
  std::size_t taken = 0;

  [[nodiscard]] bool operator==(const Said& other) const {
    const auto one = header.source();
    const auto two = other.header.source();
    const bool same_source = one.has_value() == two.has_value() && (!one || (one->address == two->address && one->port == two->port));
    return header.state() == other.header.state() && header.reason() == other.header.reason() && taken == other.taken && same_source;
  }
};

Said read(std::string_view bytes, std::size_t step) {
  Said said;
  while (!bytes.empty() && said.header.state() == Header::State::incomplete) {
    const std::string_view piece = bytes.substr(0, step);
    const std::size_t count = said.header.read(piece);
    require(count <= piece.size(), "more was taken than there was");
    require(count == piece.size() || said.header.state() != Header::State::incomplete, "bytes are left that it waits for");
    said.taken += count;
    bytes.remove_prefix(count);
  }
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Said whole = read(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{16}, std::size_t{107}}) {
    require(read(bytes, step) == whole, "what is said depends on how the bytes are cut");
  }
  require(whole.taken <= Header::longest, "a header is longer than it may be");
  const bool complete = whole.header.state() == Header::State::complete;
  require(complete || !whole.header.source(), "a client without a header");
  require((whole.header.state() == Header::State::invalid) != whole.header.reason().empty(),
          "a reason without a fault, or the other way round");
  require(!complete || read(bytes.substr(0, whole.taken), whole.taken) == whole, "what follows a header changes it");
  return 0;
}
