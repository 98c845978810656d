#include "handlers/timeout/timeout.hpp"

namespace ropeway::handlers {

Settings Timeout::settings() {
  return {Setting::duration("time", "How long the answer may take; past it, status 503. Longer than `timeouts.handler` it changes nothing.")
              .at_least(1)
              .at_most(24 * 3'600'000)
              .required()};
}

Timeout::Timeout(const ConfigNode& options) : time_(options.duration("time")) {}

awaitable<Response> Timeout::handle(Request& request, Next next) const {
  request.limit_time(time_);
  co_return co_await next(request);
}

}  // namespace ropeway::handlers
