#include "handlers/csrf/csrf.hpp"

#include <algorithm>

namespace ropeway::handlers {
namespace {

// What is wrong with an origin as it is written in the options; empty where it is good.
std::string_view mistake_in_origin(std::string_view origin) noexcept {
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return "write scheme and host, as browsers do: \"https://example.org\"";
  const std::string_view host = origin.substr(scheme_end + 3);
  if (host.empty() || host.find_first_of("/?#@ *") != std::string_view::npos) return "an origin is scheme, host and port, and nothing else";
  const bool has_capitals = std::ranges::any_of(origin, [](char byte) { return byte >= 'A' && byte <= 'Z'; });
  return has_capitals ? "browsers write origins in small letters" : "";
}

bool is_safe(Method method) noexcept { return method == Method::get || method == Method::head || method == Method::options; }

char lower(char byte) noexcept { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

// Whether an origin has that host and port. Not the scheme: behind a proxy that nobody has named, this server does not know it.
bool is_of(std::string_view origin, std::string_view authority) noexcept {
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || authority.empty()) return false;
  return std::ranges::equal(origin.substr(scheme_end + 3), authority, {}, lower, lower);
}

}  // namespace

Settings Csrf::settings() {
  return {Setting::list("trusted", "Other origins whose pages may send requests: \"https://app.example.org\".",
                        Setting::string("origin", "An origin: scheme, host, and port where it is not the scheme's own.").at_least(1))
              .at_most(1024)
              .by_default("[]")};
}

Csrf::Csrf(const ConfigNode& options) {
  MistakeCollector mistakes;
  for (const std::string& origin : options.strings("trusted")) {
    mistakes.collect([&] {
      if (const auto mistake = mistake_in_origin(origin); !mistake.empty()) {
        throw options.error("trusted", "\"" + origin + "\": " + std::string(mistake));
      }
      trusted_.insert(origin);
    });
  }
  mistakes.throw_if_any();
}

bool Csrf::allows(const Request& request) const {
  if (is_safe(request.method())) return true;
  const std::string_view origin = request.header("Origin");
  if (trusted_.contains(origin)) return true;
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty()) return site == "same-origin" || site == "none";
  return origin.empty() || is_of(origin, request.authority());
}

awaitable<Response> Csrf::handle(Request& request, Next next) const {
  if (!allows(request)) co_return Response::error(Status::forbidden, "A page of another origin has sent this request.");
  co_return co_await next(request);
}

}  // namespace ropeway::handlers
