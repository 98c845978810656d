#pragma once

#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::handlers {

/// Says how long caches may keep answers (RFC 9111 §5.2) where the handler has not: `value` for answers to GET and HEAD that are successes,
/// redirections for good, or 304; `errors` for statuses of 400 and above.
class CacheControl final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit CacheControl(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::string value_;
  std::string errors_;
};

}  // namespace ropeway::handlers
