#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ropeway {

/// When a browser sends a cookie with a request that another site has caused.
enum class SameSite : std::uint8_t {
  strict,  ///< never
  lax,     ///< where the user goes to the page itself (a link), not with forms and scripts
  none,    ///< always; the cookie must be `secure`
};

/// A cookie for `Response::set_cookie` (RFC 6265 §4.1). The defaults are the safe ones: sent over HTTPS alone (and to localhost), out of reach of scripts,
/// and not with what other sites send.
struct Cookie {
  /// A name that begins with "__Host-" binds the cookie to this host (no domain, the path "/", secure); "__Secure-" to HTTPS.
  std::string name;
  /// Printable ASCII without spaces, quotes, commas, semicolons and backslashes; encode what may have others (`percent_encode`).
  std::string value;
  std::string path = "/";
  /// Empty: this host alone. Otherwise this domain and all below it.
  std::string domain;
  /// How long it lives; without, until the browser is closed. Nothing left is the way to delete one.
  std::optional<std::chrono::seconds> max_age;
  SameSite same_site = SameSite::lax;
  bool secure = true;
  bool http_only = true;
  /// Kept apart for each site that embeds this one (CHIPS); the cookie must be `secure`.
  bool partitioned = false;
};

}  // namespace ropeway
