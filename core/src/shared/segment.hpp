#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/src/shared/cache_table.hpp"
#include "core/src/shared/claim_table.hpp"
#include "core/src/shared/counter_table.hpp"
#include "core/src/shared/key.hpp"
#include "core/src/shared/limit_table.hpp"
#include "core/src/shared/message_ring.hpp"

namespace ropeway::shared {

/// How much the shared memory has room for.
struct Sizes {
  std::uint64_t counters = 1024;
  std::uint64_t rate_limits = 65'536;
  std::uint64_t cache_bytes = std::uint64_t{32} << 20U;
  std::uint64_t bus_bytes = std::uint64_t{4} << 20U;
  bool operator==(const Sizes&) const = default;
};

/// The memory that all processes of a server share, made by the launcher before the first worker, or taken over from the launcher before.
/// It is address space: a page of it takes memory from the moment when something is first written there.
class Segment {
 public:
  /// Throws `std::system_error` where it cannot be had.
  explicit Segment(const Sizes& sizes);
  /// What another program has made, which has passed on its `descriptor` and `bell` (both closed here, whatever comes of it). Nothing where
  /// that is of another layout or of other sizes.
  [[nodiscard]] static std::unique_ptr<Segment> take_over(int descriptor, int bell, const Sizes& sizes);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  /// To be passed on; closed on exec.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// An eventfd that nobody reads: whoever watches it for edges is woken by each `ring`.
  [[nodiscard]] int bell() const noexcept { return bell_; }
  /// Wakes all processes that watch the bell. Of a process that has closed it, nobody.
  void ring() const noexcept;
  [[nodiscard]] const Secret& secret() const noexcept;
  [[nodiscard]] CounterTable& counters() noexcept { return *counters_; }
  [[nodiscard]] LimitTable& limits() noexcept { return *limits_; }
  [[nodiscard]] CacheTable& cache() noexcept { return *cache_; }
  [[nodiscard]] MessageRing& messages() noexcept { return *messages_; }
  [[nodiscard]] ClaimTable& claims() noexcept { return *claims_; }

 private:
  struct Head;
  Segment(int descriptor, int bell, const Sizes& sizes);
  [[nodiscard]] static std::size_t bytes_for(const Sizes& sizes) noexcept;
  void map(const Sizes& sizes);
  void attach(const Sizes& sizes);
  int descriptor_ = -1;
  int bell_ = -1;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::optional<CounterTable> counters_;
  std::optional<LimitTable> limits_;
  std::optional<CacheTable> cache_;
  std::optional<MessageRing> messages_;
  std::optional<ClaimTable> claims_;
};

}  // namespace ropeway::shared
