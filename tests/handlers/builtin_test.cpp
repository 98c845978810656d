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
  CHECK(names == std::vector<std::string>{"cgi", "fixed_response", "health", "redirect", "static_files", "uploads"});
}

}  // namespace ropeway::handlers
