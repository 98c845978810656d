#pragma once

#include <exception>
#include <string_view>

#include <ropeway/awaitable.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/request_id.hpp>
#include <ropeway/response.hpp>
#include <ropeway/status.hpp>

namespace ropeway::routing {

/// Who answers, for log lines about its failures. The views belong to the site.
struct Origin {
  std::string_view route;
  std::string_view handler;
  RequestId request = RequestId::none;

  [[nodiscard]] Origin with(RequestId id) const noexcept { return {route, handler, id}; }
};

/// Makes the answer to a failure that is a server's own (5xx), for whoever works on the program. Called by any thread.
using FailurePage = Response (*)(const std::exception_ptr& failure, const Origin& origin, Status status);
/// From now on, in this process, `page` answers in the place of an error response that tells nothing. Thread-safe.
void set_failure_page(FailurePage page) noexcept;

/// The response for the exception that is being handled: call it inside a catch block. This is the one place where exceptions become
/// responses. `HttpError` gives its status, with its text for 4xx; 5xx and every other exception are logged, and the client learns
/// nothing but the status.
[[nodiscard]] Response failure_response(Logger& logger, Origin origin) noexcept;

/// Runs `inner` and turns what it throws into a response; `ConnectionLost` passes, since nobody is left to answer.
[[nodiscard]] awaitable<Response> guarded(awaitable<Response> inner, Logger& logger, Origin origin);

}  // namespace ropeway::routing
