#include "core/src/routing/failure.hpp"

#include <atomic>
#include <string>
#include <utility>

#include <ropeway/http_error.hpp>

namespace ropeway::routing {

namespace {

std::atomic<FailurePage> failure_page{nullptr};

// The page about the exception that is being handled; where there is none, `response`.
Response or_page(Response response, const Origin& origin) noexcept {
  const FailurePage page = failure_page.load(std::memory_order_relaxed);
  if (page == nullptr) return response;
  try {
    return page(std::current_exception(), origin, response.status());
  } catch (...) { return response; }
}

Response response_of(const HttpError& error, std::string_view explanation) {
  Response response = Response::error(error.status(), explanation);
  if (const auto after = error.retry_after()) response.headers().set("Retry-After", std::to_string(after->count()));
  return response;
}

}  // namespace

void set_failure_page(FailurePage page) noexcept { failure_page.store(page, std::memory_order_relaxed); }

Response failure_response(Logger& logger, Origin origin) noexcept {
  const auto log = [&](std::string_view message, std::string_view error) {
    const std::string id = to_string(origin.request);
    if (id.empty()) return logger.error(message, {{"route", origin.route}, {"handler", origin.handler}, {"error", error}});
    logger.error(message, {{"route", origin.route}, {"handler", origin.handler}, {"request_id", std::string_view(id)}, {"error", error}});
  };
  try {
    throw;
  } catch (const HttpError& error) {
    const unsigned status = code(error.status());
    if (status >= 400 && status < 500) return response_of(error, error.what());
    if (status >= 500 && status < 600) {
      log("handler answered with an error", error.what());
      return or_page(response_of(error, {}), origin);
    }
    log("handler threw HttpError with a status that is no error", error.what());
    return or_page(Response::error(Status::internal_server_error), origin);
  } catch (const std::exception& error) {
    log("handler threw an exception", error.what());
    return or_page(Response::error(Status::internal_server_error), origin);
  } catch (...) {
    log("handler threw something that is no std::exception", "unknown");
    return or_page(Response::error(Status::internal_server_error), origin);
  }
}

awaitable<Response> guarded(awaitable<Response> inner, Logger& logger, Origin origin) {
  try {
    co_return co_await std::move(inner);
  } catch (const ConnectionLost&) { throw; } catch (...) {
    co_return failure_response(logger, origin);
  }
}

}  // namespace ropeway::routing
