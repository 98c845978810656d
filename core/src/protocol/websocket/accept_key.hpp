#pragma once

#include <string>
#include <string_view>

namespace ropeway::protocol::websocket {

/// Whether `key` is what RFC 6455 §4.1 asks for: 16 bytes in base64.
[[nodiscard]] bool is_handshake_key(std::string_view key) noexcept;

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key` (RFC 6455 §4.2.2). It proves that the server speaks the protocol, nothing
/// else: SHA-1 is what the protocol says, and nothing depends on its strength.
[[nodiscard]] std::string accept_key(std::string_view key);

}  // namespace ropeway::protocol::websocket
