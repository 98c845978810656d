#pragma once

#include <string>

#include <ropeway/headers.hpp>

namespace ropeway::http {

/// Whether the client understands trailer fields: `TE: trailers` (RFC 9110 §10.1.4).
[[nodiscard]] bool wants_trailers(HeaderView fields) noexcept;

/// The fields that may stand in a trailer (RFC 9110 §6.5.1), as sent. Left out are those that a recipient needs before the content: framing,
/// routing, authentication, conditions, caching and other controls, and what says how to read the content.
[[nodiscard]] std::string sendable_trailers(const Headers& fields);

}  // namespace ropeway::http
