#pragma once

#include <functional>

#include <ropeway/cache.hpp>
#include <ropeway/clock.hpp>

#include "core/src/server/wait_list.hpp"
#include "core/src/shared/segment.hpp"

namespace ropeway::server {

/// `Cache` in shared memory. What it is made of outlives it.
class SharedCache final : public Cache {
 public:
  /// `changes`: of claims; it is woken whenever the bell rings, once `watch` was called.
  SharedCache(shared::Segment& segment, const Clock& clock, WaitList& changes, std::function<void()> watch);
  [[nodiscard]] awaitable<std::optional<std::string>> get(std::string_view key) override;
  awaitable<bool> set(std::string_view key, std::string_view value, std::chrono::milliseconds time) override;
  awaitable<bool> erase(std::string_view key) override;
  [[nodiscard]] awaitable<std::string> get_or_compute(std::string key, std::chrono::milliseconds time, Compute compute) override;

 private:
  [[nodiscard]] std::optional<std::string> look_up(std::string_view key) const;
  bool keep(std::string_view key, std::string_view value, std::chrono::milliseconds time) const noexcept;
  [[nodiscard]] shared::ClaimTable::Result claim(std::string_view key) const noexcept;

  [[nodiscard]] awaitable<void> end_of_claim(std::string_view key);

  shared::Segment& segment_;
  const Clock& clock_;
  WaitList& changes_;
  std::function<void()> watch_;
  pid_t process_;
};

}  // namespace ropeway::server
