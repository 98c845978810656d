#pragma once

#include <cstdint>
#include <optional>

#include <ropeway/request.hpp>

#include "core/src/protocol/event.hpp"
#include "core/src/protocol/http1/parser.hpp"
#include "core/src/protocol/limits.hpp"

namespace ropeway::protocol::http1 {

/// How the content of a request is delimited (RFC 9112 §6.3). A request without Content-Length and Transfer-Encoding has length 0.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // where not chunked
};

/// Decides, and refuses whatever two readers could understand differently (RFC 9112 §11.2).
[[nodiscard]] std::optional<ProtocolError> decide_framing(const HeadFacts& facts, Version version, const Limits& limits,
                                                          Framing& framing) noexcept;

}  // namespace ropeway::protocol::http1
