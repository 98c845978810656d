#include "core/src/routing/failure.hpp"

#include <string>
#include <utility>

#include <ropeway/http_error.hpp>

namespace ropeway::routing {

namespace {

Response response_of(const HttpError& error, std::string_view explanation) {
  Response response = Response::error(error.status(), explanation);
  if (const auto after = error.retry_after()) response.headers().set("Retry-After", std::to_string(after->count()));
  return response;
}

}  // namespace

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
      return response_of(error, {});
    }
    log("handler threw HttpError with a status that is no error", error.what());
  } catch (const std::exception& error) { log("handler threw an exception", error.what()); } catch (...) {
    log("handler threw something that is no std::exception", "unknown");
  }
  return Response::error(Status::internal_server_error);
}

awaitable<Response> guarded(awaitable<Response> inner, Logger& logger, Origin origin) {
  try {
    co_return co_await std::move(inner);
  } catch (const ConnectionLost&) { throw; } catch (...) {
    co_return failure_response(logger, origin);
  }
}

}  // namespace ropeway::routing
