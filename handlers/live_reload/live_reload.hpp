#pragma once

#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/middleware.hpp>
#include <ropeway/setting.hpp>

namespace ropeway::handlers {

/// Answers `GET /.ropeway/{part}` while the setting `development` is on: `live.js` is a script that reloads its page once another server answers
/// than the one that it came from. It knows by the stream `live`, which says `instance`, as the page does.
class LiveReload final : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  explicit LiveReload(const ConfigNode& options) : instance_(options.string("instance")) {}
  [[nodiscard]] Response handle(const Request& request) const override;

 private:
  std::string instance_;
};

/// Puts the script into pages (`text/html`), and keeps caches from holding anything. Closest to the handler, so that what stands around it sees
/// the whole page; one that is encoded already is left as it is.
class LivePages final : public Middleware {
 public:
  [[nodiscard]] static Settings settings() { return LiveReload::settings(); }
  explicit LivePages(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  std::string tag_;
};

}  // namespace ropeway::handlers
