#pragma once

#include <cstdint>
#include <string>

#include <ropeway/body.hpp>

namespace ropeway::http {

/// Some of the `most` bytes of a file at `offset`; nothing at its end. It may wait for the disk. Throws `std::system_error`.
[[nodiscard]] std::string read_piece(const OpenFile& file, std::uint64_t offset, std::uint64_t most);

}  // namespace ropeway::http
