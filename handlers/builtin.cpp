#include "handlers/builtin.hpp"

#include <ropeway/static_files.hpp>

#include "handlers/cgi/cgi.hpp"
#include "handlers/compression/compression.hpp"
#include "handlers/fixed_response/fixed_response.hpp"
#include "handlers/health/health.hpp"
#include "handlers/redirect/redirect.hpp"
#include "handlers/request_decompression/request_decompression.hpp"
#include "handlers/uploads/uploads.hpp"

namespace ropeway::handlers {

void enrol_builtin(Registry& registry) {
  registry.middleware<Compression>("compression");
  registry.middleware<RequestDecompression>("request_decompression");
  registry.handler<Cgi>("cgi");
  registry.handler<FixedResponse>("fixed_response");
  registry.handler<Health>("health");
  registry.handler<Redirect>("redirect");
  registry.handler<StaticFiles>("static_files");
  registry.handler<Uploads>("uploads");
}

}  // namespace ropeway::handlers
