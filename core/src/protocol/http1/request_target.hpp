#pragma once

#include <optional>
#include <string_view>

#include "core/src/http/request_head.hpp"
#include "core/src/protocol/event.hpp"
#include "core/src/protocol/http1/parser.hpp"

namespace ropeway::protocol::http1 {

/// A host and a port, taken apart (RFC 3986 §3.2).
struct Authority {
  std::string_view host;  ///< a registered name, an IPv4 address, or an IPv6 address in its brackets
  std::string_view port;  ///< digits, or empty
};

/// Takes `text` apart; nothing where its syntax is wrong. User information is refused (RFC 9110 §4.2.4).
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text) noexcept;

/// Finds out the form of the target (RFC 9112 §3.2), checks it and Host (§3.2, RFC 9110 §7.2), and fills `raw_path`, `query` and `host`.
[[nodiscard]] std::optional<ProtocolError> resolve_target(http::RequestHead& head, const HeadFacts& facts) noexcept;

}  // namespace ropeway::protocol::http1
