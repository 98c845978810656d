#pragma once

#include <memory>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/counters.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/rate_limits.hpp>
#include <ropeway/services.hpp>

namespace ropeway::handlers {

/// Refuses requests of clients that ask too often (429, with `Retry-After`): a token bucket for each, exact across all workers.
///
/// Options (the texts in `settings` are the reference): `rate`, `per`, `burst`, `by`, `header`, `name` and `fields`.
///
/// Every answer tells what is left, in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). The counter
/// `rate_limit.refused` counts what all such middlewares have refused.
class RateLimiting final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  RateLimiting(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  [[nodiscard]] std::string key_of(const Request& request) const;
  [[nodiscard]] Response told(Response response, const RateLimit::Decision& decision) const;

  std::shared_ptr<RateLimit> limit_;
  Counter refused_;
  std::string header_;  // whose value tells clients apart; empty: their address does
  bool by_everyone_;
  bool fields_;
  std::string shown_name_;
  std::string policy_;
};

}  // namespace ropeway::handlers
