// A module that calls another one. It waits without blocking, on the program's event loop, and its failures are the program's exceptions.

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

#include <ropeway/http_error.hpp>
#include <ropeway/module.hpp>

#include "tests/modules/accounts.hpp"

namespace invoices {

class Invoice final : public ropeway::AsyncHandler {
 public:
  ropeway::awaitable<ropeway::Response> handle(ropeway::Request& request) const override {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
    const std::string account(request.param("account"));
    if (account == "nobody") throw ropeway::HttpError(ropeway::Status::not_found, "no such account");
    co_return ropeway::Response::text("for " + accounts::owner(account) + "\n");
  }
};

}  // namespace invoices

ROPEWAY_MODULE_NEEDS("accounts");
ROPEWAY_MODULE(registry) { registry.handler<invoices::Invoice>("invoice"); }
