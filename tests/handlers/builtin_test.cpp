#include "handlers/builtin.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/src/module/registry.hpp"

namespace ropeway::handlers {

TEST_CASE("every built-in handler is enrolled under the name of its folder") {
  module::NamedRegistry registry;
  enrol_builtin(registry);
  std::vector<std::string> names;
  for (const auto& [name, entry] : registry.handlers()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"cgi", "fastcgi", "fixed_response", "health", "live_reload", "proxy", "redirect", "static_files",
                                          "uploads"});
}

TEST_CASE("every built-in middleware is enrolled under the name of its folder") {
  module::NamedRegistry registry;
  enrol_builtin(registry);
  std::vector<std::string> names;
  for (const auto& [name, entry] : registry.middlewares()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"access", "body_limit", "cache_control", "compression", "concurrency", "cors", "csrf",
                                          "error_pages", "live_reload", "rate_limit", "request_decompression", "request_id",
                                          "response_fields", "security_headers", "timeout"});
}

}  // namespace ropeway::handlers
