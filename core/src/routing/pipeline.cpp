#include "core/src/routing/pipeline.hpp"

#include <cassert>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/http/request_access.hpp"

namespace ropeway {

/// Makes a `Next`: only the pipeline does.
class NextAccess {
 public:
  [[nodiscard]] static Next make(Next::Run run, const void* chain, std::size_t position) noexcept { return {run, chain, position}; }
};

awaitable<Response> Next::with_content(Request& request, std::shared_ptr<BodyReader> content) const {
  RequestAccess::replace_content(request, std::move(content));
  return run_(chain_, position_, request);
}

}  // namespace ropeway

namespace ropeway::routing {

Pipeline::Pipeline(std::vector<std::shared_ptr<const Middleware>> middlewares, std::unique_ptr<Endpoint> endpoint, Logger& logger,
                   Origin origin)
    : middlewares_(std::move(middlewares)), endpoint_(std::move(endpoint)), logger_(logger), origin_(origin) {
  assert(!middlewares_.empty());
}

// What the outermost middleware throws is its caller's business: the site's.
Reply Pipeline::serve(Request& request) const { return middlewares_.front()->handle(request, NextAccess::make(run, this, 1)); }

// What stands behind `next`: a failure there is a response to the middleware that awaits it.
awaitable<Response> Pipeline::run(const void* chain, std::size_t position, Request& request) {
  const auto& self = *static_cast<const Pipeline*>(chain);
  try {
    if (position < self.middlewares_.size()) {
      co_return co_await self.middlewares_[position]->handle(request, NextAccess::make(run, chain, position + 1));
    }
    if (!self.endpoint_->uses_body()) {
      co_await RequestAccess::drop_body(request);
    } else if (!self.endpoint_->starts_at_head()) {
      co_await request.read_body();
    }
    Reply reply = self.endpoint_->serve(request);
    if (auto* ready = std::get_if<Response>(&reply)) co_return std::move(*ready);
    co_return co_await std::get<awaitable<Response>>(std::move(reply));
  } catch (const ConnectionLost&) { throw; } catch (...) {
    co_return failure_response(self.logger_, self.origin_.with(request.id()));
  }
}

}  // namespace ropeway::routing
