#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <ropeway/awaitable.hpp>

namespace ropeway::testing {

/// Runs a coroutine to its end on an event loop of its own, and gives what it returns or throws what it throws.
template <class T>
[[nodiscard]] T run_to_end(awaitable<T> coroutine) {
  asio::io_context loop(1);
  std::exception_ptr failure;
  std::optional<T> result;
  asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr error, T value) {
    failure = std::move(error);
    result.emplace(std::move(value));
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace ropeway::testing
