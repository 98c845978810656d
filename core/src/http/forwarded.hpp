#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <ropeway/headers.hpp>

namespace ropeway::http {

/// What one proxy has told of whom it had the request from; empty where it has not. Views of the fields.
struct ForwardedHop {
  std::string_view node;   ///< as written: an address, perhaps with a port or in brackets; "unknown" or "_name" where it would not say
  std::string_view proto;  ///< "http" or "https"
  std::string_view host;   ///< as in `Host`
  std::string_view port;   ///< that the client came to
};

/// A chain of proxies in the order of the fields: the one that is next to us is the last. Of a longer one, the last 32.
struct ForwardedChain {
  static constexpr std::size_t most_hops = 32;
  std::array<ForwardedHop, most_hops> hops;
  std::size_t count = 0;
  std::size_t dropped = 0;
  ForwardedHop& add() noexcept;
};

/// Reads all fields `Forwarded` (RFC 7239). Says false where they are malformed.
[[nodiscard]] bool read_forwarded(HeaderView fields, ForwardedChain& chain) noexcept;

/// Reads `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`. The latter are lists with an element for each of the first, or else only their last element
/// counts, which is what the proxy next to us has said or let pass.
void read_x_forwarded(HeaderView fields, ForwardedChain& chain) noexcept;

}  // namespace ropeway::http
