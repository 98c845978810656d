#pragma once

#include <asio/awaitable.hpp>

namespace ropeway {

/// The coroutine type of every asynchronous part of the API. It *is* Asio's, so any Asio operation can be awaited inside.
template <class T>
using awaitable = asio::awaitable<T>;

}  // namespace ropeway
