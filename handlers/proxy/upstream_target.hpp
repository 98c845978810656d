#pragma once

#include <string>
#include <string_view>

#include <ropeway/request.hpp>

namespace ropeway::handlers {

/// What of a request's target is for the server behind: the parameter `{path...}` of its route, or the whole path without `prefix` (which begins with
/// "/" and does not end with it), and the query. It begins with "/".
///
/// Bytes that came encoded stay so. What is sent means the path that the route was found by: where dot segments or repeated slashes were
/// removed from it, it is encoded anew without them.
/// Throws `HttpError`: 404 where the path lies outside of `prefix`, and 400 where an encoded slash hides a dot segment, which the server behind
/// could take for a way out.
[[nodiscard]] std::string upstream_target(const Request& request, std::string_view prefix);

}  // namespace ropeway::handlers
