#include "core/src/config/listen_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "core/src/config/document.hpp"
#include "core/src/config/printable.hpp"

namespace ropeway::config {
namespace {

using Family = ListenAddress::Family;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return good ? std::optional(port) : std::nullopt;
}

/// The usual spelling of a numeric address, so that two spellings of one address are the same text; "" where it is none.
std::string canonical(std::string_view host, Family family) {
  const int domain = family == Family::ipv4 ? AF_INET : AF_INET6;
  const std::string text(host);
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.find('\0') != std::string::npos || ::inet_pton(domain, text.c_str(), &address) != 1) return {};
  return ::inet_ntop(domain, &address, buffer.data(), buffer.size()) == nullptr ? std::string() : std::string(buffer.data());
}

std::variant<ListenAddress, std::string> unix_address(std::string_view path, std::string_view folder) {
  if (path.empty()) return "\"unix:\" names no path: write \"unix:ropeway.sock\"";
  if (path.find('\0') != std::string_view::npos) return "a path cannot hold a NUL character";
  const std::filesystem::path whole = (std::filesystem::path(folder) / path).lexically_normal();
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (whole.string().size() > longest) {
    return "the path " + in_quotes(whole.string()) + " has " + std::to_string(whole.string().size()) +
           " bytes, but a unix socket's has at most " + std::to_string(longest);
  }
  ListenAddress address;
  address.family = Family::unix_socket;
  address.host = whole.string();
  return address;
}

// Names as a socket unit's FileDescriptorName= may have them (systemd.socket(5)).
std::variant<ListenAddress, std::string> activated_address(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 255 &&
                    std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != ':'; });
  if (!good) {
    return "found the name " + in_quotes(name) +
           " of a socket that systemd opens, expected what FileDescriptorName= of its unit says, such as \"systemd:ropeway.socket\"";
  }
  ListenAddress address;
  address.family = Family::activated;
  address.host = name;
  return address;
}

}  // namespace

std::variant<ListenAddress, std::string> parse_listen_address(std::string_view text, std::string_view folder) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) return unix_address(text.substr(unix_prefix.size()), folder);
  constexpr std::string_view activated_prefix = "systemd:";
  if (text.starts_with(activated_prefix)) return activated_address(text.substr(activated_prefix.size()));

  const std::string forms = ", expected \"host:port\", \"[v6]:port\", \":port\", \"port\", \"unix:path\", \"systemd\" or \"systemd:name\"";
  ListenAddress address;
  if (text == "systemd") {
    address.family = Family::activated;
    return address;
  }
  std::string_view host;
  std::string_view port = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find("]:");
    if (end == std::string_view::npos) return "found " + in_quotes(text) + forms;
    address.family = Family::ipv6;
    host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else if (!canonical(text, Family::ipv6).empty()) {
    return in_quotes(text) + " names no port: write " + in_quotes("[" + std::string(text) + "]:8000");
  } else if (!canonical(text, Family::ipv4).empty() || text == "localhost") {
    return in_quotes(text) + " names no port: write " + in_quotes(std::string(text) + ":8000");
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }

  const auto number = parse_port(port);
  if (!number) {
    if (port == text) return "found " + in_quotes(text) + forms;
    return "found the port " + in_quotes(port) + ", expected a number from 0 to 65535";
  }
  address.port = *number;
  if (host.empty() && address.family == Family::ipv4) host = "0.0.0.0";
  if (host == "localhost" && address.family == Family::ipv4) host = "127.0.0.1";
  address.host = canonical(host, address.family);
  if (address.host.empty()) {
    return "found the host " + in_quotes(host) + ", expected " +
           (address.family == Family::ipv6 ? "a numeric IPv6 address" : "a numeric address or \"localhost\"; names are not looked up");
  }
  return address;
}

const std::string* address_in(const nlohmann::json& entry) noexcept {
  if (entry.is_string()) return entry.get_ptr<const std::string*>();
  const auto address = entry.is_object() ? entry.find("address") : entry.end();
  return address == entry.end() ? nullptr : address->get_ptr<const std::string*>();
}

bool proxy_protocol_in(const nlohmann::json& entry) noexcept {
  const auto value = entry.is_object() ? entry.find("proxy_protocol") : entry.end();
  return value != entry.end() && *value == true;
}

bool one_covers_other(const ListenAddress& left, const ListenAddress& right) noexcept {
  if (left.family != right.family || left.port != right.port || left.port == 0) return false;  // only IP has ports
  const std::string_view every = left.family == Family::ipv4 ? "0.0.0.0" : "::";
  return (left.host == every) != (right.host == every);
}

bool same_endpoint(const ListenAddress& left, const ListenAddress& right) noexcept {
  if (left.family != right.family || left.host != right.host || left.port != right.port) return false;
  return left.family == Family::unix_socket || left.family == Family::activated || left.port != 0;
}

}  // namespace ropeway::config
