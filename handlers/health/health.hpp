#pragma once

#include <ropeway/handler.hpp>

namespace ropeway::handlers {

/// Answers 200 "ok" as long as the worker serves: for the health checks of load balancers and orchestrators. No options.
/// Nobody may keep the answer (`Cache-Control: no-store`).
class Health final : public Handler {
 public:
  [[nodiscard]] Response handle(const Request& request) const override;
  [[nodiscard]] bool uses_body() const noexcept override { return false; }
};

}  // namespace ropeway::handlers
