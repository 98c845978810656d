#pragma once

#include <cstdint>
#include <string>

namespace ropeway {

/// Tells a request from every other one, of all processes of this server and of those before it: a random beginning for each thread, and
/// a count.
enum class RequestId : std::uint64_t { none };

/// Thirteen characters, digits and small letters without i, l, o and u (Crockford's base 32): "04t7zk1n8bq3m". "" for `none`.
[[nodiscard]] std::string to_string(RequestId id);

}  // namespace ropeway
