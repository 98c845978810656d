#include "core/src/server/trusted_proxies.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "core/src/http/field_value.hpp"
#include "core/src/http/forwarded.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway::server {
namespace {

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80": the address.
bool read_node(std::string_view node, config::Network::Address& address) noexcept {
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos || (end + 1 < node.size() && node[end + 1] != ':')) return false;
    return node.find(':') < end && config::parse_address(node.substr(1, end - 1), address);
  }
  const std::size_t colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  return config::parse_address(has_port ? node.substr(0, colon) : node, address);
}

// RFC 7239 §6.2, §6.3: whoever says so knows no address, or does not tell it.
bool is_hidden(std::string_view node) noexcept {
  return node.empty() || node.starts_with('_') || http::equals_ignoring_case(node, "unknown");
}

// What may stand in a URL between "//" and "/" as host and port.
bool is_authority(std::string_view host) noexcept {
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           std::string_view("-._~:[]").find(byte) != std::string_view::npos;
  });
}

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char byte) { return byte >= '0' && byte <= '9'; });
}

std::string authority_of(const http::ForwardedHop& hop, std::string_view scheme, const Request& request) {
  std::string authority(is_authority(hop.host) ? hop.host : request.authority());
  const std::size_t host_end = authority.rfind(']');
  const bool has_port = authority.find(':', host_end == std::string::npos ? 0 : host_end) != std::string::npos;
  const std::string_view own_port = scheme == "https" ? "443" : "80";
  if (!has_port && is_port(hop.port) && hop.port != own_port) authority.append(":").append(hop.port);
  return authority;
}

}  // namespace

bool TrustedProxies::covers(const config::Network::Address& address) const noexcept {
  return std::ranges::any_of(config_.trusted, [&](const config::Network& network) { return network.contains(address); });
}

bool TrustedProxies::covers(const void* address, std::size_t size) const noexcept {
  if (config_.trusted.empty()) return false;
  sa_family_t family = AF_UNIX;
  if (size >= sizeof family) std::memcpy(&family, address, sizeof family);
  config::Network::Address bytes{};
  if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    bytes[10] = bytes[11] = 0xFF;
    std::memcpy(bytes.data() + 12, &static_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return covers(bytes);
  }
  if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    std::memcpy(bytes.data(), &static_cast<const sockaddr_in6*>(address)->sin6_addr, bytes.size());
    return covers(bytes);
  }
  return std::ranges::any_of(config_.trusted, [](const config::Network& network) { return network.unix_sockets; });
}

void TrustedProxies::find_client(Request& request) const {
  http::ForwardedChain chain;
  if (config_.fields == config::ProxiesConfig::Fields::x_forwarded) {
    http::read_x_forwarded(request.headers(), chain);
  } else if (!http::read_forwarded(request.headers(), chain)) {
    return;
  }
  config::Network::Address client{};
  bool known = false;
  std::size_t told_by = chain.count;  // the hop that tells of the client's own request
  for (std::size_t i = chain.count; i-- > 0;) {
    told_by = i;
    if (is_hidden(chain.hops[i].node)) break;
    if (!read_node(chain.hops[i].node, client)) return;
    known = true;
    if (!covers(client)) break;
  }
  if (told_by == chain.count) return;
  const http::ForwardedHop& hop = chain.hops[told_by];
  const std::string_view scheme = http::equals_ignoring_case(hop.proto, "https")  ? "https"
                                  : http::equals_ignoring_case(hop.proto, "http") ? "http"
                                                                                  : "";
  const std::string authority = config_.host ? authority_of(hop, scheme, request) : std::string();
  RequestAccess::set_forwarded(request, known ? config::address_text(client) : std::string(request.peer_address()), scheme, authority);
}

}  // namespace ropeway::server
