#pragma once

#include <string>
#include <string_view>

namespace ropeway::http {

/// What a peer has sent, in double quotes and fit for a message: cut after some 40 bytes, with "?" for control characters and for bytes that are no
/// UTF-8.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace ropeway::http
