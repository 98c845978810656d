#include "handlers/builtin.hpp"

#include "handlers/compression/compression.hpp"
#include "handlers/fixed_response/fixed_response.hpp"
#include "handlers/health/health.hpp"
#include "handlers/redirect/redirect.hpp"
#include "handlers/static_files/static_files.hpp"

namespace ropeway::handlers {

void enrol_builtin(Registry& registry) {
  registry.middleware<Compression>("compression");
  registry.handler<FixedResponse>("fixed_response");
  registry.handler<Health>("health");
  registry.handler<Redirect>("redirect");
  registry.handler<StaticFiles>("static_files");
}

}  // namespace ropeway::handlers
