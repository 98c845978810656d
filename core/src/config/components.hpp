#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/src/config/loader.hpp"
#include "core/src/config/validate.hpp"

namespace ropeway::config {

/// Checks what the shape of a configuration does not tell: that the handlers and middlewares it names exist and that each gets options
/// it declares, that addresses can be listened on, that CPUs are numbers, and that `server_name` can be sent. Completes options with defaults, and writes a
/// middleware that is a mere name as an object. `root` may hold mistakes that were
/// reported already: what has the wrong shape is passed over.
void check_components(nlohmann::json& root, const Catalogue& catalogue, Validator& validator);
void check_addresses(const nlohmann::json& root, std::string_view folder, Validator& validator);
void check_processes(const nlohmann::json& root, Validator& validator);
void check_affinity(const nlohmann::json& root, Validator& validator);
void check_trusted_proxies(const nlohmann::json& root, Validator& validator);
void check_server_name(const nlohmann::json& root, Validator& validator);

}  // namespace ropeway::config
