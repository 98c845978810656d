#pragma once

#include <memory>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>
#include <ropeway/upstream.hpp>

#include "handlers/proxy/upstream_fields.hpp"

namespace ropeway::handlers {

/// Passes requests on to other HTTP servers, and their answers back: a reverse proxy, or gateway (RFC 9110 §3.7).
///
/// Options: the texts in `settings` are the reference. Which path is asked for is in `upstream_target.hpp`, with which fields in
/// `upstream_fields.hpp`; connections, timeouts, failures and retries are what `Upstream` promises.
class Proxy final : public AsyncHandler {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigErrors`.
  Proxy(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request) const override;

 private:
  std::string prefix_;
  UpstreamFields fields_;
  std::shared_ptr<Upstream> upstream_;
};

}  // namespace ropeway::handlers
