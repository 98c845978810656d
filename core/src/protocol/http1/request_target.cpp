#include "core/src/protocol/http1/request_target.hpp"

#include <algorithm>
#include <cstdint>

#include "core/src/http/field_value.hpp"
#include "core/src/protocol/http1/scan.hpp"

namespace ropeway::protocol::http1 {
namespace {

// unreserved and sub-delims (RFC 3986 §2.2, §2.3); "%" is looked at apart.
constexpr scan::ByteSet name_bytes = [] {
  scan::ByteSet set{};
  for (int byte = '0'; byte <= '9'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (int byte = 'A'; byte <= 'Z'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (int byte = 'a'; byte <= 'z'; ++byte) set[static_cast<unsigned char>(byte)] = true;
  for (const char byte : std::string_view("-._~!$&'()*+,;=")) set[static_cast<unsigned char>(byte)] = true;
  return set;
}();

constexpr bool is_hex(char byte) noexcept { return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F'); }

// The end of the registered name (or IPv4 address) at the front of the text: the first byte that cannot be in it.
const char* skip_registered_name(const char* at, const char* end) noexcept {
  for (;;) {
    at = scan::run_of(name_bytes, at, end);
    if (end - at < 3 || *at != '%' || !is_hex(at[1]) || !is_hex(at[2])) return at;
    at += 3;
  }
}

// dec-octet "." dec-octet "." dec-octet "." dec-octet (RFC 3986 §3.2.2)
bool is_ipv4(std::string_view text) noexcept {
  for (int octets = 0;; ++octets) {
    std::size_t digits = 0;
    unsigned value = 0;
    while (digits < text.size() && digits < 4 && is_digit(text[digits])) value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(digits);
    if (octets == 3) return text.empty();
    if (text.empty() || text[0] != '.') return false;
    text.remove_prefix(1);
  }
}

// Eight groups of up to four hexadecimal digits; "::" once for any number of zero groups; the last two may be an IPv4 address.
bool is_ipv6(std::string_view text) noexcept {
  int groups = 0;
  bool compressed = text.starts_with("::");
  if (compressed) text.remove_prefix(2);
  while (!text.empty()) {
    const std::size_t digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_hex) - text.begin());
    if (digits < text.size() && text[digits] == '.') {
      if (!is_ipv4(text)) return false;
      groups += 2;
      break;
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text[0] != ':') continue;
    if (compressed) return false;
    compressed = true;
    text.remove_prefix(1);
  }
  return compressed ? groups < 8 : groups == 8;
}

bool is_port(std::string_view text) noexcept {
  std::uint32_t number = 0;
  for (const char byte : text) {
    if (!is_digit(byte)) return false;
    number = number * 10 + static_cast<std::uint32_t>(byte - '0');
    if (number > 65535) return false;
  }
  return true;  // also an empty one: a port that is not given (RFC 3986 §3.2.3)
}

ProtocolError bad_target(std::string_view reason) noexcept { return {Status::bad_request, reason}; }

void split_query(http::RequestHead& head, std::string_view path_and_query) noexcept {
  const std::size_t mark = path_and_query.find('?');
  head.raw_path = path_and_query.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view() : path_and_query.substr(mark + 1);
}

// RFC 9112 §3.2.2. The empty path of "http://host" is "/", and "*" for OPTIONS (§3.2.4).
std::optional<ProtocolError> resolve_absolute(http::RequestHead& head) noexcept {
  const std::size_t colon = head.target.find("://");
  const std::string_view scheme = head.target.substr(0, colon);
  if (colon == std::string_view::npos || !(http::equals_ignoring_case(scheme, "http") || http::equals_ignoring_case(scheme, "https"))) {
    return bad_target("the target has none of the forms of RFC 9112 §3.2");
  }
  if (scheme.size() == 5) {  // RFC 9110 §7.4: this connection is not secured
    return ProtocolError{Status::misdirected_request, "an https resource is not served over a connection without TLS"};
  }
  const std::string_view rest = head.target.substr(colon + 3);
  const std::size_t path_begin = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = parse_authority(rest.substr(0, path_begin));
  if (!authority || authority->host.empty()) return bad_target("the target's authority is malformed");
  head.host = authority->host;
  split_query(head, rest.substr(path_begin));
  if (head.raw_path.empty()) head.raw_path = head.method == Method::options && path_begin == rest.size() ? "*" : "/";
  return std::nullopt;
}

// RFC 9112 §3.2.3: CONNECT names a host and a port, both of them.
std::optional<ProtocolError> resolve_connect(http::RequestHead& head) noexcept {
  const auto authority = parse_authority(head.target);
  if (!authority || authority->host.empty() || authority->port.empty()) return bad_target("the target of CONNECT is not a host and a port");
  head.host = authority->host;
  head.raw_path = {};
  head.query = {};
  return std::nullopt;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return std::nullopt;
    authority.host = text.substr(0, bracket + 1);
    rest = text.substr(bracket + 1);
  } else {
    const std::size_t size = static_cast<std::size_t>(skip_registered_name(text.data(), text.data() + text.size()) - text.data());
    authority.host = text.substr(0, size);
    rest = text.substr(size);
  }
  if (rest.empty()) return authority;
  authority.port = rest.substr(1);
  if (rest[0] != ':' || !is_port(authority.port)) return std::nullopt;
  return authority;
}

std::optional<ProtocolError> resolve_target(http::RequestHead& head, const HeadFacts& facts) noexcept {
  if (facts.host_count > 1) return bad_target("there are several Host fields");
  if (facts.host_count == 0 && head.version == Version::http_1_1) return bad_target("there is no Host field");
  if (facts.host_count == 1 && facts.host.empty())
    return bad_target("the Host field is empty");  // RFC 9110 §4.2.1: no http URI has an empty host
  const auto host = parse_authority(facts.host);
  if (!host || (host->host.empty() && !host->port.empty())) return bad_target("the Host field is malformed");
  head.host = host->host;
  if (head.method == Method::connect) return resolve_connect(head);
  if (head.target[0] == '/') {
    split_query(head, head.target);
    return std::nullopt;
  }
  if (head.target == "*" && head.method == Method::options) {  // RFC 9112 §3.2.4
    head.raw_path = head.target;
    head.query = {};
    return std::nullopt;
  }
  return resolve_absolute(head);
}

}  // namespace ropeway::protocol::http1
