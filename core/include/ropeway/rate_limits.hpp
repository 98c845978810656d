#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/awaitable.hpp>

namespace ropeway {

/// How often something may happen: `count` times in each `per` on average, and `burst` times at once.
struct Rate {
  std::int64_t count = 1;
  std::chrono::nanoseconds per = std::chrono::seconds(1);
  std::int64_t burst = 1;
};

/// A limit, with a token bucket for each key. Thread-safe.
class RateLimit {
 public:
  virtual ~RateLimit() = default;

  /// What becomes of one that asks.
  struct Decision {
    bool allowed = true;
    std::int64_t remaining = 0;              ///< further ones that would be allowed now
    std::chrono::nanoseconds retry_after{};  ///< where it was refused: it would be allowed after so long, if nothing comes between
    std::chrono::nanoseconds full_in{};      ///< after so long without another one, `burst` would be allowed at once
  };
  /// Takes `tokens` out of the bucket of `key`, where there are as many; otherwise none. A bucket holds `Rate::burst` at most, and at first.
  [[nodiscard]] virtual awaitable<Decision> take(std::string_view key, std::int64_t tokens = 1) = 0;
};

/// Limits that hold for all workers of this server together, exactly: of any number of requests at any number of workers, never more are
/// allowed than `burst` and what `rate` has given meanwhile. Buckets are in memory (`shared.rate_limits` says for how many keys at once), take
/// no room while they are full, and outlive every worker, a reload, and an upgrade. Where there is no room, the keys that find none share one
/// bucket of each limit. Thread-safe.
class RateLimits {
 public:
  virtual ~RateLimits() = default;
  /// A limit; ask once, in a constructor. Two of the same name share their buckets, and are to have the same rate. It is used no longer than
  /// the services live. Throws `std::invalid_argument` where a number of `rate` is below 1, or a bucket would take more than a year to become full.
  [[nodiscard]] virtual std::shared_ptr<RateLimit> limit(std::string name, const Rate& rate) = 0;
};

}  // namespace ropeway
