#pragma once

#include <cstdint>

namespace ropeway::protocol::websocket {

/// Codes that we send ourselves (RFC 6455 §7.4.1).
inline constexpr std::uint16_t close_normal = 1000;
inline constexpr std::uint16_t close_going_away = 1001;
inline constexpr std::uint16_t close_protocol_error = 1002;
inline constexpr std::uint16_t close_no_status = 1005;  // stands for "none was given", and is never sent
inline constexpr std::uint16_t close_abnormal = 1006;   // stands for "there was no Close frame", and is never sent
inline constexpr std::uint16_t close_invalid_data = 1007;
inline constexpr std::uint16_t close_too_big = 1009;
inline constexpr std::uint16_t close_internal_error = 1011;
inline constexpr std::uint16_t close_try_again = 1013;

/// Whether `code` may stand in a Close frame: the registered codes that are for the wire (1012 to 1014 were registered later), those of
/// libraries (3000 to 3999) and of applications (4000 to 4999; RFC 6455 §7.4.2).
[[nodiscard]] constexpr bool may_be_sent(std::uint16_t code) noexcept {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != close_no_status && code != close_abnormal;
}

}  // namespace ropeway::protocol::websocket
