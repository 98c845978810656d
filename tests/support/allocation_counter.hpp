#pragma once

#include <cstddef>

namespace ropeway::testing {

/// Counts the calls of `operator new` on this thread while it lives. One at a time on a thread. In a test:
/// `AllocationCounter counter; work(); CHECK(counter.count() == 0);`
class AllocationCounter {
 public:
  AllocationCounter() noexcept;
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;
  [[nodiscard]] std::size_t count() const noexcept;
};

}  // namespace ropeway::testing
