#pragma once

#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>

namespace ropeway::handlers {

/// Sends the client to another place.
///
/// Options: `to` (required: an absolute path such as "/new/" or a URL such as "https://example.org", already percent-encoded),
/// `status` (301, 302, 303, 307 or 308, by default 302) and `keep_path` (by default false): the rest of the path (the route's parameter
/// `{path...}`, or the whole path where it has none) and the query of the request are appended to `to`.
/// Whatever the request holds, the host is the one that `to` names.
class Redirect final : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigError` where `to` is no usable target.
  explicit Redirect(const ConfigNode& options);
  [[nodiscard]] Response handle(const Request& request) const override;
  [[nodiscard]] bool uses_body() const noexcept override { return false; }

 private:
  std::string to_;
  Status status_;
  bool keep_path_;
};

}  // namespace ropeway::handlers
