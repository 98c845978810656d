#include "handlers/builtin.hpp"

#include <ropeway/static_files.hpp>

#include "handlers/access/access.hpp"
#include "handlers/body_limit/body_limit.hpp"
#include "handlers/cache_control/cache_control.hpp"
#include "handlers/cgi/cgi.hpp"
#include "handlers/compression/compression.hpp"
#include "handlers/concurrency/concurrency.hpp"
#include "handlers/cors/cors.hpp"
#include "handlers/csrf/csrf.hpp"
#include "handlers/error_pages/error_pages.hpp"
#include "handlers/fastcgi/fastcgi.hpp"
#include "handlers/fixed_response/fixed_response.hpp"
#include "handlers/health/health.hpp"
#include "handlers/live_reload/live_reload.hpp"
#include "handlers/proxy/proxy.hpp"
#include "handlers/rate_limit/rate_limit.hpp"
#include "handlers/redirect/redirect.hpp"
#include "handlers/request_decompression/request_decompression.hpp"
#include "handlers/request_id/request_id.hpp"
#include "handlers/response_fields/response_fields.hpp"
#include "handlers/security_headers/security_headers.hpp"
#include "handlers/timeout/timeout.hpp"
#include "handlers/uploads/uploads.hpp"

namespace ropeway::handlers {

void enrol_builtin(Registry& registry) {
  registry.middleware<Access>("access");
  registry.middleware<BodyLimit>("body_limit");
  registry.middleware<CacheControl>("cache_control");
  registry.middleware<Compression>("compression");
  registry.middleware<Concurrency>("concurrency");
  registry.middleware<Cors>("cors");
  registry.middleware<Csrf>("csrf");
  registry.middleware<ErrorPages>("error_pages");
  registry.middleware<LivePages>("live_reload");
  registry.middleware<RateLimiting>("rate_limit");
  registry.middleware<RequestDecompression>("request_decompression");
  registry.middleware<RequestIdMiddleware>("request_id");
  registry.middleware<ResponseFields>("response_fields");
  registry.middleware<SecurityHeaders>("security_headers");
  registry.middleware<Timeout>("timeout");
  registry.handler<Cgi>("cgi");
  registry.handler<FastCgi>("fastcgi");
  registry.handler<FixedResponse>("fixed_response");
  registry.handler<Health>("health");
  registry.handler<LiveReload>("live_reload");
  registry.handler<Proxy>("proxy");
  registry.handler<Redirect>("redirect");
  registry.handler<StaticFiles>("static_files");
  registry.handler<Uploads>("uploads");
}

}  // namespace ropeway::handlers
