#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>
#include <ropeway/upstream.hpp>

#include "handlers/fastcgi/script_finder.hpp"
#include "handlers/meta_variables.hpp"

namespace ropeway::handlers {

/// Has a FastCGI responder, such as PHP-FPM, answer for the scripts below a folder.
///
/// Options: the texts in `settings` are the reference. Which script a path means is in `script_finder.hpp`; what it is told in `meta_variables.hpp`;
/// connections, timeouts and failures are as `Upstream` promises. A request is sent again only where a kept connection turns out to be closed, and
/// the request is idempotent and without content.
///
/// Content whose length is announced streams to the responder; other content is read before, since scripts need its length.
class FastCgi final : public AsyncHandler {
 public:
  [[nodiscard]] static Settings settings();
  /// Throws `ConfigErrors`.
  FastCgi(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request) const override;

 private:
  [[nodiscard]] std::string head_for(const Request& request, const Script& script, std::optional<std::uint64_t> content_length) const;

  Services& services_;
  std::string route_;  // its place in the configuration, for the log
  ScriptFinder scripts_;
  CommonVariables common_;
  UpstreamOptions options_;
  std::shared_ptr<Upstream> upstream_;
};

}  // namespace ropeway::handlers
