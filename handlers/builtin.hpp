#pragma once

#include <ropeway/registry.hpp>

namespace ropeway::handlers {

/// Enrols every handler that comes with Ropeway. They use the same door as a program's own ones. Called once, before those.
/// Throws `std::invalid_argument` where a name is taken.
void enrol_builtin(Registry& registry);

}  // namespace ropeway::handlers
