#pragma once

#include <atomic>
#include <cstdint>

namespace ropeway::http {

/// How much memory the contents of requests take that are kept whole, together, and may take (`limits.body_memory`). Thread-safe.
class BodyMemory {
 public:
  explicit BodyMemory(std::uint64_t most) noexcept : most_(most) {}

  /// Says false, and takes nothing, where it would be too much.
  [[nodiscard]] bool take(std::uint64_t size) noexcept {
    if (taken_.fetch_add(size, std::memory_order_relaxed) + size <= most_) return true;
    give_back(size);
    return false;
  }
  void give_back(std::uint64_t size) noexcept { taken_.fetch_sub(size, std::memory_order_relaxed); }

 private:
  std::uint64_t most_;
  std::atomic<std::uint64_t> taken_{0};
};

}  // namespace ropeway::http
