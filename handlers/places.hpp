#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace ropeway::handlers {

/// Places of which only so many are taken at once, for what costs memory as long as it goes on. Thread-safe.
class Places {
 public:
  explicit Places(std::int64_t most) : most_(most) {}

  /// A place, given back with its last owner, which may outlive this object; nullptr where all are taken.
  [[nodiscard]] std::shared_ptr<const void> take() const {
    if (taken_->fetch_add(1, std::memory_order_relaxed) < most_) return std::make_shared<const Place>(taken_);
    taken_->fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }

 private:
  using Count = std::atomic<std::int64_t>;
  class Place {
   public:
    explicit Place(std::shared_ptr<Count> taken) : taken_(std::move(taken)) {}
    ~Place() { taken_->fetch_sub(1, std::memory_order_relaxed); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<Count> taken_;
  };

  std::int64_t most_;
  std::shared_ptr<Count> taken_ = std::make_shared<Count>(0);
};

}  // namespace ropeway::handlers
