#include "handlers/health/health.hpp"

namespace ropeway::handlers {

Response Health::handle(const Request&) const { return Response::text("ok\n").header("Cache-Control", "no-store"); }

}  // namespace ropeway::handlers
