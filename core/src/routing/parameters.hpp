#pragma once

#include <string>
#include <vector>

#include <ropeway/request.hpp>

#include "core/src/routing/router.hpp"

namespace ropeway::routing {

/// Sets the request's parameters: `names` with the parts of its path that `found` has for them. They are views into the path, but for
/// those with an encoded slash, which is decoded into text that the request owns.
void set_parameters(Request& request, const std::vector<std::string>& names, const Router::Found& found);

}  // namespace ropeway::routing
