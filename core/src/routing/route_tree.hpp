#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/src/routing/method_set.hpp"
#include "core/src/routing/pattern.hpp"
#include "core/src/routing/segment_table.hpp"

namespace ropeway::routing {

/// Patterns as a tree: hosts at the top, below them one level for each segment. Each pattern ends at a leaf of a node.
struct RouteTree {
  static constexpr std::uint32_t none = SegmentTable::none;
  // Parents of the roots in `table`: exact hosts, and domains of "*." hosts (kept without the asterisk: ".example.org").
  static constexpr std::uint32_t exact_hosts = none - 1;
  static constexpr std::uint32_t wildcard_hosts = none - 2;

  struct Route {
    MethodSet methods;
    std::uint32_t pattern;  // its number
  };
  struct Leaf {
    MethodSet methods = 0;      // of all routes
    std::vector<Route> routes;  // fewer methods first: HEAD before GET before every method
  };
  struct Node {
    std::vector<std::pair<std::string_view, std::uint32_t>> literals;
    std::uint32_t single = none;  // node behind {name}
    std::uint32_t here = none;    // leaf of paths that end with this segment
    std::uint32_t end = none;     // leaf of {$}: a slash follows, and nothing else
    std::uint32_t rest = none;    // leaf of {name...}
  };

  /// Adds the pattern with that number; `pattern` must outlive the tree and stay where it is.
  void insert(const Pattern& pattern, std::uint32_t number, MethodSet methods);

  std::vector<Node> nodes;
  std::vector<Leaf> leaves;
  std::vector<std::uint32_t> roots;  // of all hosts
  std::uint32_t any_host = none;     // root of patterns without a host
  bool has_hosts = false;            // whether there are others
  SegmentTable table;

 private:
  std::uint32_t root_of(const Pattern& pattern);
  std::uint32_t add_node();
};

}  // namespace ropeway::routing
