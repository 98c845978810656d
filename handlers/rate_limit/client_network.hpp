#pragma once

#include <string>
#include <string_view>

namespace ropeway::handlers {

/// What of a client's address (`Request::client_address`) is the client: an IPv4 address whole, also where it is written as IPv6; of IPv6 the /64, since
/// whoever has one has all of it; what is no address, as it is. For comparison, not for people.
[[nodiscard]] std::string client_network(std::string_view address);

}  // namespace ropeway::handlers
