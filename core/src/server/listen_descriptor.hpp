#pragma once

#include <cstdint>
#include <optional>

namespace ropeway::server {

/// A listening socket that somebody else owns and keeps open.
struct ListenDescriptor {
  int descriptor = -1;
  bool is_unix = false;
  bool remains = false;         ///< it listens on when the whole server has ended: nobody is refused then, but waits for the next one
  bool proxy_protocol = false;  ///< a PROXY header begins every connection
  std::optional<std::uint32_t> stream{};  ///< which of the site's streams it is for; nothing: HTTP
};

}  // namespace ropeway::server
