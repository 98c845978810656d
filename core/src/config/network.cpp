#include "core/src/config/network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

#include "core/src/config/printable.hpp"

namespace ropeway::config {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned mapped_bits = 96;

bool is_mapped(const Network::Address& address) noexcept { return std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.begin()); }

// `address` with every bit behind the first `prefix` ones cleared.
Network::Address masked(Network::Address address, unsigned prefix) noexcept {
  for (std::size_t i = 0; i < address.size(); ++i) {
    const unsigned bits =
        std::clamp<unsigned>(prefix, 8 * static_cast<unsigned>(i), 8 * static_cast<unsigned>(i) + 8) - 8 * static_cast<unsigned>(i);
    address[i] = static_cast<std::uint8_t>(address[i] & (0xFF00U >> bits));
  }
  return address;
}

}  // namespace

bool Network::contains(const Address& other) const noexcept { return !unix_sockets && masked(other, prefix) == address; }

bool parse_address(std::string_view text, Network::Address& address) noexcept {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), copy.begin());
  if (text.find(':') != std::string_view::npos) return ::inet_pton(AF_INET6, copy.data(), address.data()) == 1;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), address.begin());
  return ::inet_pton(AF_INET, copy.data(), address.data() + mapped_prefix.size()) == 1;
}

std::string address_text(const Network::Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = is_mapped(address);
  const void* const bytes = ipv4 ? address.data() + mapped_prefix.size() : address.data();
  return ::inet_ntop(ipv4 ? AF_INET : AF_INET6, bytes, text.data(), text.size()) == nullptr ? std::string() : std::string(text.data());
}

std::variant<Network, std::string> parse_network(std::string_view text) {
  Network network;
  if (text == "unix") {
    network.unix_sockets = true;
    return network;
  }
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  if (!parse_address(host, network.address)) {
    return "found " + in_quotes(text) +
           ", expected a numeric address, a network such as \"10.0.0.0/8\", or \"unix\"; names are not looked up";
  }
  if (slash == std::string_view::npos) return network;
  const bool ipv4 = host.find(':') == std::string_view::npos;
  const unsigned most = ipv4 ? 32 : 128;
  unsigned bits = 0;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || bits > most) {
    return "found the prefix " + in_quotes(digits) + ", expected a number of bits from 0 to " + std::to_string(most);
  }
  network.prefix = ipv4 ? mapped_bits + bits : bits;
  const Network::Address first = masked(network.address, network.prefix);
  if (first != network.address) {
    return in_quotes(text) + " is an address inside of a network: write " +
           in_quotes(address_text(first) + std::string(text.substr(slash))) + " for all of it";
  }
  return network;
}

}  // namespace ropeway::config
