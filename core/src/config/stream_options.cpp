#include <ropeway/stream.hpp>

#include "core/src/config/units.hpp"

namespace ropeway {

Setting StreamOptions::setting() {
  return Setting::object(
      "stream", "How long connections of this address wait.",
      {
          Setting::duration("idle",
                            "How long a client may say nothing while its handler waits for it; past it, the connection is "
                            "closed. 0 is for ever.")
              .at_least(0)
              .at_most(24 * config::hour_ms)
              .by_default("\"5m\""),
      });
}

StreamOptions StreamOptions::from(const ConfigNode& options) {
  StreamOptions result;
  result.idle = options.object("stream").duration("idle");
  return result;
}

}  // namespace ropeway
