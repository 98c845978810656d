#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ropeway/clock.hpp>
#include <ropeway/counters.hpp>
#include <ropeway/rate_limits.hpp>

#include "core/src/shared/segment.hpp"

namespace ropeway::server {

/// `Counters` in shared memory. `segment` outlives it.
class SharedCounters final : public Counters {
 public:
  explicit SharedCounters(shared::Segment& segment) noexcept : segment_(segment) {}
  [[nodiscard]] Counter counter(std::string_view name) override;
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> all() const override;

 private:
  shared::Segment& segment_;
};

/// `RateLimits` in shared memory. What it is made of outlives it.
class SharedRateLimits final : public RateLimits {
 public:
  SharedRateLimits(shared::Segment& segment, const Clock& clock) noexcept : segment_(segment), clock_(clock) {}
  [[nodiscard]] std::shared_ptr<RateLimit> limit(std::string name, const Rate& rate) override;

 private:
  shared::Segment& segment_;
  const Clock& clock_;
};

}  // namespace ropeway::server
