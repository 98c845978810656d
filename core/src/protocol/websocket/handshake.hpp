#pragma once

#include <optional>
#include <span>
#include <string>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "core/src/protocol/websocket/extension.hpp"

namespace ropeway::protocol::websocket {

/// What the server is ready to agree to.
struct HandshakePolicy {
  std::span<const std::string> protocols{};  ///< subprotocols
  std::span<const std::string> origins{};    ///< "https://example.org", or "*"; none: the host that the request is for
  bool compression = false;
};

/// What both sides have agreed on.
struct Agreement {
  std::string protocol;                     ///< "" for none
  std::optional<DeflateAgreement> deflate;  ///< nothing: no compression
};

/// Answers the opening handshake (RFC 6455 §4.2): 101 with the fields that belong to it, but `Connection`; or the error that tells the client
/// what is wrong. `agreement` is filled for a 101.
[[nodiscard]] Response answer_handshake(const Request& request, const HandshakePolicy& policy, Agreement& agreement);

/// Whether a page of `origin` (RFC 6454 §7) may connect to `host`, the request's field `Host`.
[[nodiscard]] bool is_welcome_origin(std::string_view origin, std::string_view host, std::span<const std::string> origins) noexcept;

}  // namespace ropeway::protocol::websocket
