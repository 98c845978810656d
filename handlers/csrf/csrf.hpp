#pragma once

#include <set>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::handlers {

/// Refuses what pages of other origins have browsers send in the name of their visitors (403): cross-site request forgery. There are no tokens;
/// browsers themselves say where a request comes from.
///
/// GET, HEAD and OPTIONS pass: they are to change nothing. Then `Sec-Fetch-Site` decides, where there is one: "same-origin" and "none" (the user
/// himself) pass. Without it, `Origin` has to be this host. Requests with neither come from programs, which no page can make send a user's cookies,
/// or from browsers of before 2020. Origins in `trusted` pass always.
class Csrf final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit Csrf(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  [[nodiscard]] bool allows(const Request& request) const;

  std::set<std::string, std::less<>> trusted_;
};

}  // namespace ropeway::handlers
