#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/src/config/environment.hpp"

namespace ropeway::config {

/// A module that a configuration names.
struct ModuleConfig {
  std::string path;     // relative ones begin at the configuration's folder
  std::string pointer;  // "/modules/0"
};

/// What stands in "modules". It is read before the rest can be: what routes may say depends on what modules declare.
struct ModuleList {
  std::vector<ModuleConfig> modules;
  bool from_environment = false;  // a variable has taken the place of what the text says
};

/// Of the same text, file and environment as `load` gets. Entries with a mistake are left out: `load` tells it.
[[nodiscard]] ModuleList modules_of(std::string_view text, const std::string& file, const Environment& environment);

}  // namespace ropeway::config
