// A module whose functions another one calls.

#include "tests/modules/accounts.hpp"

#include <ropeway/module.hpp>

namespace accounts {

std::string owner(std::string_view account) { return "the owner of " + std::string(account); }

}  // namespace accounts

ROPEWAY_MODULE_NAME("accounts");
ROPEWAY_MODULE(registry) {
  registry.handler("accounts", [](const ropeway::Request&) { return ropeway::Response::text("accounts\n"); });
}
