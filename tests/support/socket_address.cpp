#include "tests/support/socket_address.hpp"

#include <charconv>
#include <stdexcept>

namespace ropeway::testing {

SocketAddress SocketAddress::from_url(std::string_view url) {
  const auto wrong = [&] { return std::invalid_argument("not an address: " + std::string(url)); };
  if (url.starts_with("unix:")) {
    if (url.size() == 5) throw wrong();
    return {"", 0, std::string(url.substr(5))};
  }
  if (!url.starts_with("http://") && !url.starts_with("tcp://")) throw wrong();
  std::string_view rest = url.substr(url.find("//") + 2);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) throw wrong();
  std::string_view host = rest.substr(0, colon);
  const std::string_view digits = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) throw wrong();
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return tcp(std::string(host), port);
}

}  // namespace ropeway::testing
