#include "core/src/routing/router.hpp"

#include <algorithm>
#include <utility>

#include "core/src/routing/conflict.hpp"

namespace ropeway::routing {
namespace {

constexpr MethodSet no_method = 0;  // of a walk that asks what there is

std::string quoted(const PatternSource& source) {
  std::string text = '"' + source.text + '"';
  if (!source.pointer.empty()) text += " (" + source.pointer + ')';
  return text;
}

std::string example(const Pattern& left, const Pattern& right) {
  // The narrower of two methods that overlap: GET answers HEAD as well, and no method answers all.
  std::string method = left.method.empty() || right.method == "HEAD" ? right.method : left.method;
  if (!method.empty()) method += ' ';
  return '"' + method + left.host + common_path(left, right) + '"';
}

ConfigError describe(const Conflict& conflict, const std::vector<Pattern>& patterns, const std::vector<PatternSource>& sources) {
  const std::string where = conflict.same_requests ? ": they match the same requests"
                                                   : ": both match " + example(patterns[conflict.earlier], patterns[conflict.later]) +
                                                         ", and neither is more specific";
  return {sources[conflict.later].pointer,
          "route " + quoted(sources[conflict.later]) + " conflicts with " + quoted(sources[conflict.earlier]) + where};
}

}  // namespace

struct Router::Walk {
  std::string_view path;
  MethodSet method;
  Found found;
};

Router::Router(const std::vector<PatternSource>& sources) {
  patterns_.reserve(sources.size());  // the tree refers to their text
  for (const PatternSource& source : sources) insert(source);
  const std::vector<Conflict> conflicts = find_conflicts(tree_, 1);
  if (!conflicts.empty()) throw describe(conflicts.front(), patterns_, sources);
}

void Router::insert(const PatternSource& source) {
  Pattern pattern = Pattern::parse(source.text, source.pointer);
  const MethodSet methods = method_table_.add(pattern.method);
  if (methods == 0) throw ConfigError(source.pointer, "too many different methods: " + quoted(source) + " names one more");
  methods_ |= methods;
  patterns_.push_back(std::move(pattern));
  tree_.insert(patterns_.back(), static_cast<std::uint32_t>(patterns_.size() - 1), methods);
}

std::vector<ConfigError> mistakes_of(const std::vector<PatternSource>& sources) {
  constexpr std::size_t most_conflicts = 100;
  std::vector<ConfigError> mistakes;
  Router router;
  router.patterns_.reserve(sources.size());
  std::vector<PatternSource> sound;
  for (const PatternSource& source : sources) {
    try {
      router.insert(source);
      sound.push_back(source);
    } catch (const ConfigError& error) { mistakes.push_back(error); }
  }
  for (const Conflict& conflict : find_conflicts(router.tree_, most_conflicts)) {
    mistakes.push_back(describe(conflict, router.patterns_, sound));
  }
  return mistakes;
}

Router::Found Router::match(Method method, std::string_view method_name, std::string_view host, std::string_view path) const noexcept {
  Walk walk{path, method_table_.bit(method, method_name), {}};
  this->walk(walk, host);
  return walk.found;
}

MethodSet Router::named_methods(std::string_view host, std::string_view path) const noexcept {
  Walk walk{path, no_method, {}};
  this->walk(walk, host);
  return walk.found.allowed;
}

void Router::walk(Walk& walk, std::string_view host) const noexcept {
  if (!walk.path.starts_with('/') || walk.path.size() >= UINT32_MAX) return;
  const bool matched = tree_.has_hosts && descend_host(walk, host);
  if (!matched && tree_.any_host != RouteTree::none) descend(walk, tree_.any_host, 0, 0);
}

bool Router::descend_host(Walk& walk, std::string_view host) const noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > max_host_size) return false;
  std::array<char, max_host_size> lower_case;  // NOLINT: set below
  std::transform(host.begin(), host.end(), lower_case.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view name(lower_case.data(), host.size());
  const std::uint32_t exact = tree_.table.find(RouteTree::exact_hosts, name);
  if (exact != RouteTree::none && descend(walk, exact, 0, 0)) return true;
  // "a.b.example.org" lies in ".b.example.org", ".example.org" and ".org"; something must stand in front of the dot.
  for (std::size_t dot = name.find('.', 1); dot < name.size(); dot = name.find('.', dot + 1)) {
    const std::uint32_t domain = tree_.table.find(RouteTree::wildcard_hosts, name.substr(dot));
    if (domain != RouteTree::none && descend(walk, domain, 0, 0)) return true;
  }
  return false;
}

// `position` is at the "/" of the next segment, or at the end of the path. Each node of the tree is entered at most once for a request, so
// that going back costs at most one visit of each node. `depth` counts parameters.
bool Router::descend(Walk& walk, std::uint32_t index, std::size_t position, std::uint32_t depth) const noexcept {
  const RouteTree::Node& node = tree_.nodes[index];
  if (position == walk.path.size()) return accept(walk, node.here, depth);
  const std::size_t begin = position + 1;
  const std::size_t end = std::min(walk.path.find('/', begin), walk.path.size());
  const std::string_view segment = walk.path.substr(begin, end - begin);
  if (!segment.empty()) {
    if (!node.literals.empty()) {
      const std::uint32_t child = tree_.table.find(index, segment);
      if (child != RouteTree::none && descend(walk, child, end, depth)) return true;
    }
    if (node.single != RouteTree::none) {
      walk.found.parameters[depth] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
      if (descend(walk, node.single, end, depth + 1)) return true;
    }
  } else if (begin == walk.path.size() && accept(walk, node.end, depth)) {
    return true;
  }
  if (node.rest == RouteTree::none) return false;
  walk.found.parameters[depth] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(walk.path.size() - begin)};
  return accept(walk, node.rest, depth + 1);
}

bool Router::accept(Walk& walk, std::uint32_t leaf_index, std::uint32_t depth) const noexcept {
  if (leaf_index == RouteTree::none) return false;
  const RouteTree::Leaf& leaf = tree_.leaves[leaf_index];
  if (walk.method == no_method) {
    for (const RouteTree::Route& route : leaf.routes) {
      if (!patterns_[route.pattern].method.empty()) walk.found.allowed |= route.methods;
    }
    return false;
  }
  if ((leaf.methods & walk.method) == 0) {
    walk.found.allowed |= leaf.methods;
    return false;
  }
  const auto route = std::find_if(leaf.routes.begin(), leaf.routes.end(),
                                  [&walk](const RouteTree::Route& candidate) { return (candidate.methods & walk.method) != 0; });
  walk.found.route = route->pattern;
  // The rest behind a final "/" is no parameter: it has no name.
  walk.found.parameter_count = std::min(depth, static_cast<std::uint32_t>(patterns_[route->pattern].parameters.size()));
  return true;
}

}  // namespace ropeway::routing
