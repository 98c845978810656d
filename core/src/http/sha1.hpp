#pragma once

#include <string>
#include <string_view>

namespace ropeway::http {

/// The SHA-1 of `text` in base64 (RFC 4648 §4). For what a protocol asks for; nothing may depend on its strength. Throws `std::runtime_error`
/// where libcrypto was told to refuse it.
[[nodiscard]] std::string sha1_base64(std::string_view text);

}  // namespace ropeway::http
