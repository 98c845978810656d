#include "handlers/concurrency/concurrency.hpp"

#include <algorithm>
#include <memory>

namespace ropeway::handlers {

Settings Concurrency::settings() {
  return {
      Setting::integer("at_once", "How many requests of this route each worker works on at once.")
          .at_least(1)
          .at_most(1'000'000)
          .required(),
      Setting::integer("queue", "How many more may wait; past it, status 503 with `Retry-After`.")
          .at_least(0)
          .at_most(1'000'000)
          .by_default("64"),
      Setting::duration("wait", "How long one may wait; past it, the same.").at_least(1).at_most(24 * 3'600'000).by_default("\"10s\""),
  };
}

Concurrency::Concurrency(const ConfigNode& options, Services& services)
    : turnstile_(static_cast<std::size_t>(options.integer("at_once")), static_cast<std::size_t>(options.integer("queue"))),
      refused_(services.counters().counter("concurrency.refused")),
      wait_(options.duration("wait")),
      retry_after_(std::to_string(std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(wait_).count(), 1, 60))) {}

awaitable<Response> Concurrency::handle(Request& request, Next next) const {
  const std::shared_ptr<const void> place = co_await turnstile_.take(wait_);
  if (place == nullptr) {
    refused_.add();
    co_return Response::error(Status::service_unavailable, "Too many requests are being worked on; try again later.")
        .header("Retry-After", retry_after_);
  }
  co_return co_await next(request);
}

}  // namespace ropeway::handlers
