#pragma once

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {

/// The response fields that tell browsers to be careful, with defaults that break no page which is served from one origin. What a handler has set
/// itself stays as it is. Options are the reference: one for each field, and an empty text leaves it out.
class SecurityHeaders final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit SecurityHeaders(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  FieldList fields_;
};

}  // namespace ropeway::handlers
