#pragma once

#include <string>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {

/// Changes the header fields of what stands behind it, error pages too: options `set`, `add`, `default` and `remove`.
class ResponseFields final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit ResponseFields(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  FieldList set_;
  FieldList add_;
  FieldList default_;
  std::vector<std::string> remove_;
};

}  // namespace ropeway::handlers
