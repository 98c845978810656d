#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "launcher/src/deployment.hpp"
#include "launcher/src/reload.hpp"
#include "launcher/src/steering.hpp"

namespace ropeway::launcher {

/// A moment of the whole server, as `ropeway status --json` prints it; docs/operations.md describes the members. Reads shared memory and
/// the queues' lengths, and disturbs no worker. `with_latencies`: also every duration that answers took, by bucket.
[[nodiscard]] nlohmann::json status_of(const std::vector<Deployment*>& deployments, const Steering& steering, const Reload* reload,
                                       WorkerHandle::Time now, bool with_latencies);

/// What a reload came to, or how far it is.
[[nodiscard]] nlohmann::json verdict_of(const Reload& reload);

/// The same for people: a table.
[[nodiscard]] std::string status_text(const nlohmann::json& status);

}  // namespace ropeway::launcher
