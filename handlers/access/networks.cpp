#include "handlers/access/networks.hpp"

#include <algorithm>
#include <charconv>

#include <asio/ip/address.hpp>

namespace ropeway::handlers {
namespace {

constexpr std::string_view unix_sockets = "unix";
constexpr unsigned mapped_bits = 96;

// With every bit behind the first `prefix` ones cleared.
Networks::Address masked(Networks::Address address, unsigned prefix) noexcept {
  for (unsigned i = 0; i < address.size(); ++i) {
    const unsigned bits = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
    address[i] = static_cast<std::uint8_t>(address[i] & (0xFF00U >> bits));
  }
  return address;
}

std::string text_of(const Networks::Address& address) {
  const asio::ip::address_v6 six(address);
  return six.is_v4_mapped() ? asio::ip::make_address_v4(asio::ip::v4_mapped, six).to_string() : six.to_string();
}

}  // namespace

std::optional<Networks::Address> Networks::parse(std::string_view text) {
  asio::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(text.substr(0, text.find('%')), error);  // without the zone of fe80::1%eth0
  if (error) return std::nullopt;
  const asio::ip::address_v6 six = parsed.is_v6() ? parsed.to_v6() : asio::ip::make_address_v6(asio::ip::v4_mapped, parsed.to_v4());
  Address address{};
  std::ranges::copy(six.to_bytes(), address.begin());
  return address;
}

std::string Networks::add(std::string_view text, bool verdict) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  std::string twice = quoted + " stands there twice, or in both lists: remove one";
  if (text == unix_sockets) {
    if (unix_) return twice;
    unix_ = verdict;
    return {};
  }
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = host.find('%') == std::string_view::npos ? parse(host) : std::nullopt;
  if (!address) return quoted + R"( is no address, and no network such as "10.0.0.0/8" or "2001:db8::/32"; names are not looked up)";
  const bool is_v4 = host.find(':') == std::string_view::npos;
  const unsigned most = is_v4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || bits > most) {
      return quoted + ": behind \"/\" stands a number of bits from 0 to " + std::to_string(most);
    }
  }
  const unsigned prefix = is_v4 ? mapped_bits + bits : bits;
  const Address first = masked(*address, prefix);
  if (first != *address) {
    return quoted + " is an address inside of a network: write \"" + text_of(first) + "/" + std::to_string(bits) + "\" for all of it";
  }
  return by_prefix_[prefix].emplace(first, verdict).second ? std::string() : twice;
}

std::optional<bool> Networks::find(std::string_view address) const {
  if (address == unix_sockets) return unix_;
  const auto parsed = parse(address);
  if (!parsed) return std::nullopt;
  for (const auto& [prefix, networks] : by_prefix_) {
    if (const auto found = networks.find(masked(*parsed, prefix)); found != networks.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace ropeway::handlers
