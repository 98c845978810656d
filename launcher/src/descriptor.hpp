#pragma once

#include <cstddef>

#include "core/src/server/descriptor.hpp"

namespace ropeway::launcher {

using server::Descriptor;

/// Opens /dev/null in the place of standard input, output and error where one is closed: otherwise a socket or a pipe of ours would get its
/// number, and what is printed would go there. To be called before anything else is opened.
void fill_standard_descriptors() noexcept;

/// Both ends of a pipe, closed on exec.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// Throws `std::system_error` where there are no descriptors left.
[[nodiscard]] Pipe make_pipe();
/// A unix socket of whole messages (SOCK_SEQPACKET): what is written to one end is read from the other. Neither waits; `write` holds as much as
/// the system allows. Throws as above.
[[nodiscard]] Pipe make_message_pipe();
/// Writes all of `data`; says whether that went well (a closed other end is a failure, not a signal).
bool write_all(int descriptor, const void* data, std::size_t size) noexcept;

}  // namespace ropeway::launcher
