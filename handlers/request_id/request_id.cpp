#include "handlers/request_id/request_id.hpp"

#include <algorithm>
#include <stdexcept>

namespace ropeway::handlers {
namespace {

constexpr std::size_t longest = 128;

[[nodiscard]] bool is_acceptable(std::string_view id) noexcept {
  constexpr std::string_view marks = "-._~+/=:";
  return !id.empty() && id.size() <= longest && std::all_of(id.begin(), id.end(), [&](char byte) {
    const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_letter || (byte >= '0' && byte <= '9') || marks.find(byte) != std::string_view::npos;
  });
}

}  // namespace

Settings RequestIdMiddleware::settings() {
  return {
      Setting::string("field", "The response field (and, with `accept`, the request field) that has the id.")
          .by_default("\"X-Request-Id\""),
      Setting::boolean(
          "accept",
          "Send back an id that the request came with, and log it beside the server's own. For servers behind a proxy that sets it: "
          "others' clients could write anything there.")
          .by_default("false"),
  };
}

RequestIdMiddleware::RequestIdMiddleware(const ConfigNode& options, Services& services)
    : field_(options.string("field")), accepts_(options.boolean("accept")), log_(services.logger()) {
  try {
    Headers().add(field_, "x");
  } catch (const std::invalid_argument&) { throw options.error("field", "this is no field's name: write letters, digits and hyphens"); }
}

awaitable<Response> RequestIdMiddleware::handle(Request& request, Next next) const {
  const std::string own = to_string(request.id());
  std::string id;
  if (accepts_) id = request.header(field_);
  if (is_acceptable(id)) {
    log_.info("request of a proxy", {{"request_id", std::string_view(own)}, {"proxy_request_id", std::string_view(id)}});
  } else {
    id = own;
  }
  Response response = co_await next(request);
  if (!id.empty()) response.headers().set(field_, id);
  co_return response;
}

}  // namespace ropeway::handlers
