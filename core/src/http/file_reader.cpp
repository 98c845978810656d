#include "core/src/http/file_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace ropeway::http {

std::string read_piece(const OpenFile& file, std::uint64_t offset, std::uint64_t most) {
  constexpr std::uint64_t piece_bytes = 64 * 1024;
  std::string piece(static_cast<std::size_t>(std::min(most, piece_bytes)), '\0');
  for (;;) {
    const ssize_t size = ::pread(file.descriptor(), piece.data(), piece.size(), static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw std::system_error(errno, std::generic_category(), "cannot read the file that is the answer");
    piece.resize(static_cast<std::size_t>(size));
    return piece;
  }
}

}  // namespace ropeway::http
