#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include <ropeway/upstream.hpp>

namespace ropeway {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view http_prefix = "http://";

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument(why + "; write \"http://host:port\", perhaps with a path behind, or \"unix:/path/of/socket\"");
}

bool is_letter_or_digit(char byte) noexcept {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

std::string read_base(std::string_view path) {
  for (const char byte : path) {
    const bool fits = is_letter_or_digit(byte) || std::string_view("/-._~!$&'()*+,;=:@%").find(byte) != std::string_view::npos;
    if (!fits) refuse("the path has a byte that has to be percent-encoded, or a query");
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

void read_unix(std::string_view text, UpstreamAddress& address) {
  const std::size_t colon = text.find(':');
  address.socket = text.substr(0, colon);
  if (!address.socket.starts_with('/')) refuse("the path of a unix socket begins with \"/\"");
  if (address.socket.find('\0') != std::string::npos) refuse("a path cannot hold NUL");
  if (address.socket.size() >= sizeof(sockaddr_un::sun_path)) refuse("the path of the unix socket is too long");
  address.authority = "localhost";
  if (colon == std::string_view::npos) return;
  const std::string_view base = text.substr(colon + 1);
  if (!base.starts_with('/')) refuse("the path behind a unix socket begins with \"/\"");
  address.base = read_base(base);
}

void read_host(std::string_view authority, UpstreamAddress& address) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) refuse("the address in brackets does not end");
    address.host = authority.substr(1, end - 1);
    in6_addr unused{};
    if (::inet_pton(AF_INET6, address.host.c_str(), &unused) != 1) refuse("there is no IPv6 address in the brackets");
    has_port = end + 1 < authority.size();
    if (has_port && authority[end + 1] != ':') refuse("something else than a port follows the brackets");
    if (has_port) port = authority.substr(end + 2);
  } else {
    const std::size_t colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    address.host = authority.substr(0, colon);
    if (has_port) port = authority.substr(colon + 1);
    const auto fits = [](char byte) { return is_letter_or_digit(byte) || byte == '.' || byte == '-' || byte == '_'; };
    if (address.host.empty() || address.host.size() > 253 || !std::ranges::all_of(address.host, fits))
      refuse("it has no valid name of a host");
  }
  if (has_port) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (port.empty() || error != std::errc() || end != port.data() + port.size() || address.port == 0) {
      refuse("the port is no number from 1 to 65535");
    }
  }
}

}  // namespace

UpstreamAddress UpstreamAddress::from(std::string_view text) {
  UpstreamAddress address;
  address.url = text;
  if (text.starts_with(unix_prefix)) {
    read_unix(text.substr(unix_prefix.size()), address);
    return address;
  }
  if (text.starts_with("https://")) refuse("TLS to servers behind is not supported");
  if (!text.starts_with(http_prefix)) refuse("it does not begin with \"http://\" or \"unix:\"");
  const std::string_view rest = text.substr(http_prefix.size());
  const std::size_t path = std::min(rest.find('/'), rest.size());
  read_host(rest.substr(0, path), address);
  address.authority = rest.substr(0, path);
  address.base = read_base(rest.substr(path));
  return address;
}

}  // namespace ropeway
