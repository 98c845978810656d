#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/middleware.hpp>

namespace ropeway::handlers {

/// Lets pages of other origins use a route by script, as far as options say (the CORS protocol of the Fetch standard).
///
/// A preflight, which is an OPTIONS request with `Origin` and `Access-Control-Request-Method`, is answered here and reaches no handler. It has
/// no credentials, so this stands in front of whatever asks for them. An origin that is not listed gets the answer without the fields, so that
/// its browser keeps it from the page: this protects a server's users from other pages, and not the server from its clients.
class Cors final : public Middleware {
 public:
  [[nodiscard]] static Settings settings();
  explicit Cors(const ConfigNode& options);
  [[nodiscard]] awaitable<Response> handle(Request& request, Next next) const override;

 private:
  struct Origin {
    std::string before;  // "https://", or the whole origin
    std::string behind;  // ".example.org", of "https://*.example.org"; "" where there is no "*"
  };
  [[nodiscard]] bool allows_origin(std::string_view origin) const noexcept;
  [[nodiscard]] bool allows_method(std::string_view method) const noexcept;
  [[nodiscard]] bool allows_headers(std::string_view names) const noexcept;
  void add_origin(Headers& headers, std::string_view origin) const;
  [[nodiscard]] Response preflight(const Request& request, std::string_view origin) const;

  bool any_origin_ = false;
  std::vector<Origin> origins_;
  std::vector<std::string> methods_;  // empty: those of the route
  bool any_header_ = false;
  std::vector<std::string> headers_;
  std::string exposed_;
  bool credentials_;
  std::string max_age_;  // in seconds
};

}  // namespace ropeway::handlers
