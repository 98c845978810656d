#pragma once

#include <ropeway/request_id.hpp>

namespace ropeway::server {

inline constinit thread_local std::uint64_t next_request_number = 0;

/// A random number for this thread to begin with; never 0.
[[nodiscard]] std::uint64_t first_request_number() noexcept;

/// Another one at each call, in each thread and each process.
[[nodiscard]] inline RequestId next_request_id() noexcept {
  if (next_request_number == 0) next_request_number = first_request_number();
  return static_cast<RequestId>(next_request_number++);
}

}  // namespace ropeway::server
