#pragma once

#include <vector>

#include <ropeway/config_node.hpp>

#include "core/src/config/module_list.hpp"
#include "core/src/module/registry.hpp"

namespace ropeway::module {

/// Loads modules, those that others need first, and has each register what it has. They stay in the process to its end. Code of a module runs only where it
/// was built for this program. Gives every mistake, with the place of its module: a file that is no module, or one for another
/// program; names that are taken; needs that are not met; what the dynamic linker says, and what a registration throws. To be called
/// while the process has one thread.
[[nodiscard]] std::vector<ConfigError> load_modules(const std::vector<config::ModuleConfig>& modules, NamedRegistry& registry);

/// What to say of a message of the dynamic linker: who is at fault, and the remedy. `program_exports`: modules can find this program's symbols.
[[nodiscard]] std::string explain_linker(std::string_view message, bool program_exports);

}  // namespace ropeway::module
