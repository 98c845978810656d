#include "handlers/rate_limit/client_network.hpp"

#include <asio/ip/address.hpp>

namespace ropeway::handlers {

std::string client_network(std::string_view address) {
  asio::error_code error;
  const asio::ip::address parsed = asio::ip::make_address(address.substr(0, address.find('%')), error);
  if (error) return std::string(address);
  const auto text = [](const auto& bytes, std::size_t size) { return std::string(reinterpret_cast<const char*>(bytes.data()), size); };
  if (parsed.is_v4()) return text(parsed.to_v4().to_bytes(), 4);
  const asio::ip::address_v6 six = parsed.to_v6();
  if (six.is_v4_mapped()) return text(asio::ip::make_address_v4(asio::ip::v4_mapped, six).to_bytes(), 4);
  return text(six.to_bytes(), 8);
}

}  // namespace ropeway::handlers
