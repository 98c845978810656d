#pragma once

#include <cstdint>
#include <vector>

#include "core/src/routing/route_tree.hpp"

namespace ropeway::routing {

/// Two patterns of which neither is more specific, although some requests match both.
struct Conflict {
  std::uint32_t earlier;  // numbers of the patterns
  std::uint32_t later;
  bool same_requests;  // whether they match exactly the same requests
};

/// Conflicts in the tree: at most `most`, and at most one for each pattern that stands later.
[[nodiscard]] std::vector<Conflict> find_conflicts(const RouteTree& tree, std::size_t most);

}  // namespace ropeway::routing
