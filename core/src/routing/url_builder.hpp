#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/url.hpp>

#include "core/src/routing/pattern.hpp"

namespace ropeway::routing {

/// Makes paths from patterns, so that the router finds the pattern and the same parameters again. Immutable once filled.
class UrlBuilder {
 public:
  /// `pattern` outlives the builder. Says false where the name is taken.
  bool add(std::string name, const Pattern& pattern) { return patterns_.emplace(std::move(name), &pattern).second; }

  /// See `Services::url`.
  [[nodiscard]] std::string url(std::string_view name, const std::vector<UrlParameter>& parameters) const;

 private:
  std::map<std::string, const Pattern*, std::less<>> patterns_;
};

}  // namespace ropeway::routing
