#pragma once

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

#include "handlers/access/networks.hpp"

namespace ropeway::handlers {

/// Lets clients pass by their addresses, and refuses the others (403). Behind proxies, the client's address is what those of `trusted_proxies` say
/// (`Request::client_address`).
///
/// The narrowest network of both lists that holds the address decides. An address that is in none is refused where there is an `allow`, and passes
/// where there is none. What is no address (a proxy told "unknown") is refused.
class Access final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit Access(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  [[nodiscard]] bool allows(std::string_view address) const;

  Networks networks_;
  bool allows_others_;
};

}  // namespace ropeway::handlers
