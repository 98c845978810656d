#pragma once

#include <utility>
#include <variant>

#include <ropeway/awaitable.hpp>
#include <ropeway/response.hpp>

namespace ropeway::routing {

/// A response that is ready, or a coroutine that will give one. A ready one pays for no coroutine.
using Reply = std::variant<Response, awaitable<Response>>;

}  // namespace ropeway::routing
