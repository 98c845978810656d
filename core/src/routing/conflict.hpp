#pragma once

#include <cstdint>
#include <optional>

#include "core/src/routing/route_tree.hpp"

namespace ropeway::routing {

/// Two patterns of which neither is more specific, although some requests match both.
struct Conflict {
  std::uint32_t earlier;  // numbers of the patterns
  std::uint32_t later;
  bool same_requests;  // whether they match exactly the same requests
};

/// The first conflict in the tree, or nothing.
[[nodiscard]] std::optional<Conflict> find_conflict(const RouteTree& tree);

}  // namespace ropeway::routing
