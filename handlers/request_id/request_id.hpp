#pragma once

#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/logger.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/services.hpp>

namespace ropeway::handlers {

/// Tells clients the id of their request, the one of the logs (`Request::id`), so that they can name it when something went wrong.
///
/// Options: `field`; and `accept`, for a server behind a proxy that has given the request an id: then that one is sent back, and logged beside
/// ours. An id that is accepted has at most 128 letters, digits and marks of those in URIs and Base64; anything else is as good as none.
class RequestIdMiddleware final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  RequestIdMiddleware(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::string field_;
  bool accepts_;
  Logger& log_;
};

}  // namespace ropeway::handlers
