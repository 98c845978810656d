#pragma once

#include <cstddef>
#include <cstdint>

namespace ropeway::protocol {

/// What bounds the memory that a peer can make a codec hold, in bytes unless said.
struct Limits {
  std::size_t header_bytes = 16 * 1024;           ///< request line and fields together; past it 431
  std::size_t header_count = 100;                 ///< number of fields; past it 431
  std::size_t target_bytes = 8 * 1024;            ///< past it 414
  std::uint64_t body_bytes = 16 * 1024 * 1024;    ///< of a request's content; past it 413
  std::size_t chunk_line_bytes = 256;             ///< a chunk's size and extensions; past it 400
  std::size_t chunk_extension_bytes = 16 * 1024;  ///< extensions of all chunks of a body together; past it 400
  std::size_t trailer_bytes = 8 * 1024;           ///< the trailer section; past it 431
  std::uint64_t discard_bytes = 64 * 1024;        ///< unread content of an answered request that is read and dropped to keep the connection
};

}  // namespace ropeway::protocol
