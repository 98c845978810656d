#pragma once

#include <cstdint>

namespace ropeway::launcher {

/// What some workers have answered in a stretch of time.
struct Tally {
  std::uint64_t requests = 0;
  std::uint64_t server_errors = 0;  // of them with a status of 500 and above
};

/// Whether the canary does so much worse than the others that it is surely its configuration: at least three of its answers are server
/// errors, and more than twice the others' share and two in a hundred beyond that. `final`: nothing more comes, so if there were fewer
/// answers, it is enough that all were errors.
[[nodiscard]] bool is_worse(const Tally& canary, const Tally& others, bool final) noexcept;

}  // namespace ropeway::launcher
