#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropeway {

/// A number of this server's that all its workers share. Adding to it is one atomic operation, without a lock; it loses nothing when a worker
/// dies. A copy is the same number. Thread-safe; valid as long as the services that gave it.
class Counter {
 public:
  /// What the framework does.
  explicit Counter(std::atomic<std::int64_t>& value) noexcept : value_(&value) {}

  /// Adds to it, in all workers at once, and gives what it is then: no other addition gives the same.
  std::int64_t add(std::int64_t by = 1) const noexcept { return value_->fetch_add(by, std::memory_order_relaxed) + by; }
  [[nodiscard]] std::int64_t value() const noexcept { return value_->load(std::memory_order_relaxed); }
  /// Sets it, and gives what it was.
  std::int64_t exchange(std::int64_t value) const noexcept { return value_->exchange(value, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t>* value_;
};

/// The counters of this server, by name. They begin with 0, live in memory (`shared.counters` says how many there can be), and outlive every
/// worker, a reload, and an upgrade; a stop ends them. `ropeway status` shows them. They are this server's alone also where other state is
/// kept in a database that several servers use. Thread-safe.
class Counters {
 public:
  virtual ~Counters() = default;
  /// The counter of that name (1 to 60 bytes), which exists from then on. Ask once, in a handler's constructor, and keep it. Throws
  /// `std::invalid_argument` where the name is too long or empty, and `std::runtime_error` where there is no room for one more. A name
  /// that a client chooses can take all the room.
  [[nodiscard]] virtual Counter counter(std::string_view name) = 0;
  /// All of them, in no order.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::int64_t>> all() const = 0;
};

}  // namespace ropeway
