#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/src/config/validate.hpp"

namespace ropeway::config {

/// The pattern of a route in a group: "GET /users" and the prefix "example.org/api" give "GET example.org/api/users".
[[nodiscard]] std::string grouped(std::string_view prefix, std::string_view match);

/// What makes a prefix none, and a `match` none that a prefix can stand in front of. What is wrong with the whole pattern is found later.
void check_groups(const nlohmann::json& root, Validator& validator);

/// Routes that have the same name.
void check_route_names(const nlohmann::json& root, Validator& validator);

}  // namespace ropeway::config
