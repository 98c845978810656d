#include "core/src/routing/conflict.hpp"

#include <algorithm>
#include <set>
#include <utility>

// Which pairs of patterns conflict, by Go's rule: the requests that both match must not be empty, and neither set of requests may hold
// the other one properly.
//
// Comparing all pairs would take 50 million comparisons for 10,000 routes. Instead the tree is laid over itself: a pair of nodes is
// visited only if some path leads to both, so literal segments that differ cut off everything below them at once, and what a node's
// patterns have in common is compared once for all of them. On the way down `Relation` keeps which side was narrower so far. Hosts need
// no comparison: of two hosts that overlap one is always narrower ("a.example.org", "*.example.org", none).

namespace ropeway::routing {
namespace {

using Relation = unsigned;
constexpr Relation equal = 0;
constexpr Relation left_narrower = 1;
constexpr Relation right_narrower = 2;
constexpr Relation crossed = left_narrower | right_narrower;  // each is narrower somewhere: no order

class Overlay {
 public:
  Overlay(const RouteTree& tree, std::size_t most) : tree_(tree), most_(most) {}

  std::vector<Conflict> find() {
    for (const std::uint32_t root : tree_.roots) visit(root, root, equal);
    return std::move(conflicts_);
  }

 private:
  void visit(std::uint32_t left_index, std::uint32_t right_index, Relation relation) {
    if (enough()) return;
    const RouteTree::Node& left = tree_.nodes[left_index];
    const RouteTree::Node& right = tree_.nodes[right_index];
    const bool same = left_index == right_index;  // then each pair needs one look, not two
    compare(left.here, right.here, relation);
    compare(left.end, right.end, relation);
    compare(left.rest, right.rest, relation);
    compare(left.end, right.rest, relation | left_narrower);
    if (!same) compare(left.rest, right.end, relation | right_narrower);
    visit_literals(left_index, right_index, relation);
    if (right.single != RouteTree::none) {
      for (const auto& [text, child] : left.literals) visit(child, right.single, relation | left_narrower);
    }
    if (!same && left.single != RouteTree::none) {
      for (const auto& [text, child] : right.literals) visit(left.single, child, relation | right_narrower);
    }
    if (left.single != RouteTree::none && right.single != RouteTree::none) visit(left.single, right.single, relation);
    if (right.rest != RouteTree::none) below(left, [&](std::uint32_t leaf) { compare(leaf, right.rest, relation | left_narrower); });
    if (!same && left.rest != RouteTree::none) {
      below(right, [&](std::uint32_t leaf) { compare(left.rest, leaf, relation | right_narrower); });
    }
  }

  // Children with the same text: those of the node that has fewer, looked up in the other.
  void visit_literals(std::uint32_t left, std::uint32_t right, Relation relation) {
    const bool left_has_fewer = tree_.nodes[left].literals.size() <= tree_.nodes[right].literals.size();
    for (const auto& [text, child] : tree_.nodes[left_has_fewer ? left : right].literals) {
      const std::uint32_t other = tree_.table.find(left_has_fewer ? right : left, text);
      if (other != RouteTree::none) visit(left_has_fewer ? child : other, left_has_fewer ? other : child, relation);
    }
  }

  // Every leaf behind at least one more segment.
  template <class Visit>
  void below(const RouteTree::Node& node, const Visit& visit_leaf) {
    if (enough()) return;
    const auto child = [&](std::uint32_t index) {
      const RouteTree::Node& next = tree_.nodes[index];
      for (const std::uint32_t leaf : {next.here, next.end, next.rest}) visit_leaf(leaf);
      below(next, visit_leaf);
    };
    for (const auto& [text, index] : node.literals) child(index);
    if (node.single != RouteTree::none) child(node.single);
  }

  void compare(std::uint32_t left, std::uint32_t right, Relation relation) {
    if (left == RouteTree::none || right == RouteTree::none) return;
    const std::vector<RouteTree::Route>& left_routes = tree_.leaves[left].routes;
    const std::vector<RouteTree::Route>& right_routes = tree_.leaves[right].routes;
    for (std::size_t i = 0; i < left_routes.size(); ++i) {
      for (std::size_t j = left == right ? i + 1 : 0; j < right_routes.size(); ++j) { compare(left_routes[i], right_routes[j], relation); }
    }
  }

  void compare(const RouteTree::Route& left, const RouteTree::Route& right, Relation relation) {
    const MethodSet both = left.methods & right.methods;
    if (both == 0 || enough()) return;
    if (both != left.methods) relation |= right_narrower;
    if (both != right.methods) relation |= left_narrower;
    if (relation != equal && relation != crossed) return;
    const Conflict conflict{std::min(left.pattern, right.pattern), std::max(left.pattern, right.pattern), relation == equal};
    if (told_.insert(conflict.later).second) conflicts_.push_back(conflict);
  }

  [[nodiscard]] bool enough() const noexcept { return conflicts_.size() >= most_; }

  const RouteTree& tree_;
  std::size_t most_;
  std::vector<Conflict> conflicts_;
  std::set<std::uint32_t> told_;
};

}  // namespace

std::vector<Conflict> find_conflicts(const RouteTree& tree, std::size_t most) { return Overlay(tree, most).find(); }

}  // namespace ropeway::routing
