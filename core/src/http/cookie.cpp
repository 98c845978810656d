#include <ropeway/cookie.hpp>

#include <algorithm>
#include <stdexcept>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "core/src/http/field_value.hpp"

namespace ropeway {
namespace {

constexpr std::size_t most_bytes = 4096;                         // RFC 6265 §6.1: what browsers keep at least, and at most
constexpr std::chrono::seconds longest_life{400LL * 24 * 3600};  // browsers cut longer lives to this

// RFC 6265 §4.1.1: cookie-octet
bool is_cookie_octet(char byte) noexcept { return byte > 0x20 && byte < 0x7F && byte != '"' && byte != ',' && byte != ';' && byte != '\\'; }

bool is_attribute_value(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char byte) { return byte >= 0x20 && byte < 0x7F && byte != ';'; });
}

bool is_domain(std::string_view text) noexcept {
  return text.size() <= 253 && text.front() != '-' && text.front() != '.' && std::ranges::all_of(text, [](char byte) {
           return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-' ||
                  byte == '.';
         });
}

bool has_prefix(std::string_view name, std::string_view lower) noexcept {
  return name.size() >= lower.size() && http::equals_ignoring_case(name.substr(0, lower.size()), lower);
}

[[noreturn]] void refuse(const Cookie& cookie, const std::string& why) {
  throw std::invalid_argument("the cookie \"" + cookie.name + "\" " + why);
}

void check(const Cookie& cookie) {
  if (!http::is_token(cookie.name)) refuse(cookie, "has a name that is no token (RFC 6265 section 4.1.1)");
  if (!std::ranges::all_of(cookie.value, is_cookie_octet)) {
    refuse(cookie, "has a value with a space, quote, comma, semicolon, backslash, control character or byte past ASCII: percent_encode it");
  }
  if (!cookie.path.starts_with('/') || !is_attribute_value(cookie.path))
    refuse(cookie, "has a path that does not begin with \"/\" or has a semicolon");
  if (!cookie.domain.empty() && !is_domain(cookie.domain)) refuse(cookie, "has a domain that is no host name: write \"example.org\"");
  if (!cookie.secure) {
    if (cookie.same_site == SameSite::none) refuse(cookie, "is sent to other sites (SameSite=None), so it must be secure");
    if (cookie.partitioned) refuse(cookie, "is partitioned, so it must be secure");
    if (has_prefix(cookie.name, "__secure-")) refuse(cookie, "begins with \"__Secure-\", so it must be secure");
  }
  if (has_prefix(cookie.name, "__host-") && (!cookie.secure || !cookie.domain.empty() || cookie.path != "/")) {
    refuse(cookie, "begins with \"__Host-\", so it must be secure, have the path \"/\" and no domain");
  }
  if (cookie.name.size() + cookie.value.size() > most_bytes) {
    refuse(cookie, "has " + std::to_string(cookie.name.size() + cookie.value.size()) + " bytes, but browsers keep at most 4096");
  }
}

std::string_view name_of(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::strict: return "Strict";
    case SameSite::none: return "None";
    case SameSite::lax: break;
  }
  return "Lax";
}

}  // namespace

std::optional<std::string_view> Request::cookie(std::string_view name) const noexcept {
  for (const HeaderField& field : headers()) {
    if (!same_field_name(field.name, "cookie")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && http::trim(pair.substr(0, equals)) == name) return http::trim(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

Response& Response::set_cookie(const Cookie& cookie) & {
  check(cookie);
  std::string text = cookie.name + "=" + cookie.value + "; Path=" + cookie.path;
  if (!cookie.domain.empty()) text.append("; Domain=").append(cookie.domain);
  if (cookie.max_age) {
    // Expires, too, for what does not know Max-Age, would need a clock; all browsers of today know it.
    text.append("; Max-Age=").append(std::to_string(std::clamp(*cookie.max_age, std::chrono::seconds(0), longest_life).count()));
  }
  text.append("; SameSite=").append(name_of(cookie.same_site));
  if (cookie.secure) text.append("; Secure");
  if (cookie.http_only) text.append("; HttpOnly");
  if (cookie.partitioned) text.append("; Partitioned");
  headers().add("Set-Cookie", text);
  return *this;
}

Response& Response::delete_cookie(std::string_view name, std::string_view path, std::string_view domain) & {
  Cookie cookie;
  cookie.name = name;
  cookie.path = path;
  cookie.domain = domain;
  cookie.max_age = std::chrono::seconds(0);
  // A prefix asks for it; without one, a client on plain HTTP may have to delete what it was given there.
  cookie.secure = name.starts_with("__");
  return set_cookie(cookie);
}

}  // namespace ropeway
