#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropeway::protocol::websocket {

/// What permessage-deflate was agreed on with (RFC 7692). Neither side takes a context over from one message to the next, so that a
/// connection between two messages has no window in memory; a server may always ask for that (§7.1.1).
struct DeflateAgreement {
  std::uint8_t server_window_bits = 15;
  bool names_window = false;  ///< the client asked for it, and is told
};

/// Takes the first offer that can be met of a value of `Sec-WebSocket-Extensions` (RFC 6455 §9.1); nothing where there is none. `malformed` is set
/// where the list itself is not what the grammar says.
[[nodiscard]] std::optional<DeflateAgreement> agree_on_deflate(std::string_view offers, bool& malformed);

/// The answer's field value.
[[nodiscard]] std::string extension_answer(const DeflateAgreement& agreement);

}  // namespace ropeway::protocol::websocket
