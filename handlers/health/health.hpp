#pragma once

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>

namespace ropeway::handlers {

/// For the health checks of load balancers and orchestrators. Whether the server lives: answers 200 "ok" as long as a worker serves. Whether
/// it is ready for more: the same, and 503 "ending" once it has been told to end. Nobody may keep the answer (`Cache-Control: no-store`).
class Health final : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  Health(const ConfigNode& options, Services& services);
  [[nodiscard]] Response handle(const Request& request) const override;
  [[nodiscard]] bool uses_body() const noexcept override { return false; }

 private:
  Services& services_;
  bool about_readiness_;
};

}  // namespace ropeway::handlers
