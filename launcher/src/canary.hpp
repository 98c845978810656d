#pragma once

#include <cstdint>

#include "core/src/observability/latency.hpp"

namespace ropeway::launcher {

/// What some workers have answered in a stretch of time.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t server_errors = 0;  // of them with a status of 500 and above
  observability::LatencySum latency{};

  void add(const Tally& other) noexcept {
    requests += other.requests;
    server_errors += other.server_errors;
    latency.add(other.latency);
  }
  /// What was answered since `earlier`; a worker that was replaced meanwhile counts from nothing.
  [[nodiscard]] Tally since(const Tally& earlier) const noexcept;
};

/// Whether the canary does so much worse than the others that it is surely its configuration: at least three of its answers are server
/// errors, and more than twice the others' share and two in a hundred beyond that. `final`: nothing more comes, so if there were fewer
/// answers, it is enough that all were errors.
[[nodiscard]] bool is_worse(const Tally& canary, const Tally& others, bool final) noexcept;

/// Whether its slowest answers took more than `times` as long as theirs (the 99th percentiles), and 20 ms more, with at least a hundred
/// answers on both sides. `times` 0: never.
[[nodiscard]] bool is_slower(const Tally& canary, const Tally& others, unsigned times) noexcept;

}  // namespace ropeway::launcher
