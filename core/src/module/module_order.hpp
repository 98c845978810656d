#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ropeway::module {

/// A module by its name, and whom it needs.
struct ModuleNeeds {
  std::string name;
  std::vector<std::string> needs;
};

/// In which order modules are loaded, so that those that others need come before them; otherwise as they are listed.
struct ModuleOrder {
  std::vector<std::size_t> order;  // without those of `faults`, and without those that need one of these
  struct Fault {
    std::size_t module;
    std::string sentence;  // "needs the module \"accounts\", which ..."
  };
  std::vector<Fault> faults;
};
/// No two of `modules` have the same name.
[[nodiscard]] ModuleOrder order_of(const std::vector<ModuleNeeds>& modules);

}  // namespace ropeway::module
