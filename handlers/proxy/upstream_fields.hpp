#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/headers.hpp>
#include <ropeway/request.hpp>

#include "handlers/field_options.hpp"

namespace ropeway::handlers {

/// The fields of a request to a server behind.
///
/// Those of the client's request are passed on, but for what concerns its connection (RFC 9110 §7.6.1) and for what a proxy tells of the client:
/// `Forwarded`, `X-Forwarded-*` and `X-Real-IP`, also where they are written with underscores, which many programs take for the same. In their place
/// comes what this server knows; what trusted proxies in front have told is part of that.
class UpstreamFields {
 public:
  /// The settings, for the options of a handler.
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigErrors`.
  explicit UpstreamFields(const ConfigNode& options);

  [[nodiscard]] Headers of(const Request& request) const;
  /// Those of the protocols that the client asks to change to which may be passed through: a value of `Upgrade` (RFC 9110 §7.8). Empty where there is
  /// none.
  [[nodiscard]] std::string upgrade(const Request& request) const;

 private:
  void add_forwarded(const Request& request, Headers& headers) const;

  bool client_host_;
  bool x_forwarded_;
  bool forwarded_;
  FieldList own_;
  std::vector<std::string> protocols_;
};

}  // namespace ropeway::handlers
