#include "handlers/health/health.hpp"

namespace ropeway::handlers {

Settings Health::settings() {
  return {
      Setting::string("check",
                      "What it tells: \"live\", that the server answers (a probe for whether it is to be started again); \"ready\", "
                      "that it wants new work too: status 503 from the moment it is told to end (a probe for whether to send clients).")
          .one_of({"live", "ready"})
          .by_default("\"live\""),
  };
}

Health::Health(const ConfigNode& options, Services& services) : services_(services), about_readiness_(options.string("check") == "ready") {}

Response Health::handle(const Request&) const {
  const bool is_well = !about_readiness_ || services_.ready();
  Response response = Response::text(is_well ? "ok\n" : "ending\n").header("Cache-Control", "no-store");
  if (!is_well) response.status(Status::service_unavailable);
  return response;
}

}  // namespace ropeway::handlers
