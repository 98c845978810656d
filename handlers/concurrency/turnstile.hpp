#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include <ropeway/awaitable.hpp>

namespace ropeway::handlers {

/// Places of which only so many are taken at once, and a queue of coroutines that wait for one, first come, first served. Thread-safe.
class Turnstile {
 public:
  Turnstile(std::size_t places, std::size_t queue);

  /// A place, given back with its last owner, which may outlive this object; nullptr where the queue is full, or none became free within `patience`.
  [[nodiscard]] awaitable<std::shared_ptr<const void>> take(std::chrono::milliseconds patience) const;

 private:
  class State;
  class Waiter;
  class Place;
  class Queued;
  std::shared_ptr<State> state_;
};

}  // namespace ropeway::handlers
