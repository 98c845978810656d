#include "core/src/routing/route_tree.hpp"

#include <algorithm>
#include <bit>

namespace ropeway::routing {

std::uint32_t RouteTree::add_node() {
  nodes.emplace_back();
  return static_cast<std::uint32_t>(nodes.size() - 1);
}

std::uint32_t RouteTree::root_of(const Pattern& pattern) {
  const auto add_root = [this] { return roots.emplace_back(add_node()); };
  std::string_view host = pattern.host;
  if (host.empty()) {
    if (any_host == none) any_host = add_root();
    return any_host;
  }
  has_hosts = true;
  const bool wildcard = host.starts_with("*.");
  if (wildcard) host.remove_prefix(1);
  const std::uint32_t parent = wildcard ? wildcard_hosts : exact_hosts;
  std::uint32_t root = table.find(parent, host);
  if (root == none) {
    root = add_root();
    table.insert(parent, host, root);
  }
  return root;
}

void RouteTree::insert(const Pattern& pattern, std::uint32_t number, MethodSet methods) {
  std::uint32_t node = root_of(pattern);
  std::uint32_t Node::* ending = &Node::here;
  for (const Segment& segment : pattern.segments) {
    if (segment.kind == Segment::Kind::rest) {
      ending = &Node::rest;
    } else if (segment.kind == Segment::Kind::end) {
      ending = &Node::end;
    } else if (segment.kind == Segment::Kind::single) {
      if (nodes[node].single == none) {
        const std::uint32_t child = add_node();  // may move the nodes
        nodes[node].single = child;
      }
      node = nodes[node].single;
    } else {
      std::uint32_t child = table.find(node, segment.text);
      if (child == none) {
        child = add_node();
        nodes[node].literals.emplace_back(segment.text, child);
        table.insert(node, segment.text, child);
      }
      node = child;
    }
  }
  std::uint32_t& leaf = nodes[node].*ending;
  if (leaf == none) {
    leaf = static_cast<std::uint32_t>(leaves.size());
    leaves.emplace_back();
  }
  std::vector<Route>& routes = leaves[leaf].routes;
  const auto wider = [methods](const Route& route) { return std::popcount(route.methods) > std::popcount(methods); };
  routes.insert(std::find_if(routes.begin(), routes.end(), wider), Route{methods, number});
  leaves[leaf].methods |= methods;
}

}  // namespace ropeway::routing
