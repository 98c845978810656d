#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/method.hpp>

#include "core/src/routing/method_set.hpp"
#include "core/src/routing/pattern.hpp"
#include "core/src/routing/route_tree.hpp"

namespace ropeway::routing {

/// A pattern and the place in the configuration that it came from.
struct PatternSource {
  std::string text;
  std::string pointer;
};

/// What is wrong with patterns that are to be routes of one site: each that is malformed, and each that conflicts with an earlier one (a
/// hundred of those at most).
[[nodiscard]] std::vector<ConfigError> mistakes_of(const std::vector<PatternSource>& sources);

/// Finds the pattern that answers a request; the most specific one wins, whatever their order: an exact host before "*.example.org"
/// (the longer domain first) before none; a literal segment before `{name}` before `{name...}`; a named method before none.
/// Immutable once built; many threads use it at once.
class Router {
 public:
  static constexpr std::uint32_t no_route = UINT32_MAX;

  /// Part of the path that stands for a parameter.
  struct Span {
    std::uint32_t begin;
    std::uint32_t size;
  };

  /// What was found. Only the first `parameter_count` spans are set.
  struct Found {
    std::uint32_t route = no_route;  // number of the pattern
    std::uint32_t parameter_count = 0;
    MethodSet allowed = 0;                            // without a route: the methods of the patterns that match the path; 0 where none does
    std::array<Span, max_parameters + 1> parameters;  // NOLINT: left unset on purpose. One more for the rest behind a final "/".
  };

  /// Throws `ConfigError` for a malformed pattern, and for two that conflict, with the place of the later one.
  explicit Router(const std::vector<PatternSource>& sources);
  friend std::vector<ConfigError> mistakes_of(const std::vector<PatternSource>& sources);

  /// `path` is decoded and begins with "/", and `host` has no port, as `Request` gives them. Allocates nothing.
  [[nodiscard]] Found match(Method method, std::string_view method_name, std::string_view host, std::string_view path) const noexcept;

  /// The methods that patterns name which match the path; those that take every method do not count.
  [[nodiscard]] MethodSet named_methods(std::string_view host, std::string_view path) const noexcept;

  [[nodiscard]] const Pattern& pattern(std::uint32_t number) const noexcept { return patterns_[number]; }
  /// All methods that any pattern names, for "OPTIONS *".
  [[nodiscard]] MethodSet methods() const noexcept { return methods_; }
  /// Whether any path has that method, or it is one that everybody has; 501 answers the others (RFC 9110 §15.6.2). CONNECT asks for a tunnel,
  /// which is nothing of a path's: it is one that nobody has.
  [[nodiscard]] bool recognises(Method method, std::string_view name) const noexcept {
    const bool common = method != Method::other && method != Method::connect;
    return common || (methods_ & method_table_.bit(method, name)) != 0;
  }
  [[nodiscard]] std::string allow(MethodSet methods) const { return method_table_.allow(methods); }

 private:
  Router() = default;
  void insert(const PatternSource& source);
  struct Walk;
  void walk(Walk& walk, std::string_view host) const noexcept;
  bool descend(Walk& walk, std::uint32_t node, std::size_t position, std::uint32_t depth) const noexcept;
  bool accept(Walk& walk, std::uint32_t leaf, std::uint32_t depth) const noexcept;
  bool descend_host(Walk& walk, std::string_view host) const noexcept;

  std::vector<Pattern> patterns_;
  MethodTable method_table_;
  RouteTree tree_;
  MethodSet methods_ = 0;
};

}  // namespace ropeway::routing
