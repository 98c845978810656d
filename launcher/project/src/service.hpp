#pragma once

#include <ropeway/ropeway.hpp>

#include "greeting.hpp"

/// Makes what this program answers with available to its configuration.
inline void register_service(ropeway::Registry& registry) { registry.handler<Greeting>("greeting"); }
