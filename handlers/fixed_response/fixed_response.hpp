#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>

namespace ropeway::handlers {

/// Answers every request with what the configuration says.
///
/// Options: `status` (200 to 599, by default 200), `media_type` (by default "text/plain; charset=utf-8"), `body` (text, by default empty)
/// and `headers` (an object: field name to value). Status 204 and 304 have no body, and then `body` must be empty.
class FixedResponse final : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigError` for a header that cannot be sent, and for a body where the status allows none.
  explicit FixedResponse(const ConfigNode& options);
  [[nodiscard]] Response handle(const Request& request) const override;
  [[nodiscard]] bool uses_body() const noexcept override { return false; }

 private:
  Status status_;
  std::shared_ptr<const std::string> body_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace ropeway::handlers
