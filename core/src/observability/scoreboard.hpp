#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace ropeway::observability {

/// What a worker is doing; see `docs/processes_and_threads.md`.
enum class WorkerState : std::uint8_t { gone, starting, ready, draining };

/// A worker's row, in memory that all processes share and that outlives its writer. One cache line for what changes with each request.
struct alignas(64) WorkerRow {
  std::atomic<std::int32_t> pid{0};
  std::atomic<WorkerState> state{WorkerState::gone};
  std::atomic<bool> rescued{false};  // its own worker does not accept, so its siblings do; the supervisor says so
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint32_t> connections{0};  // open now
  std::atomic<std::uint64_t> accepted{0};     // connections, since the worker started
  std::atomic<std::uint64_t> requests{0};     // answered, since the worker started
  std::atomic<std::uint64_t> in_flight{0};    // requests begun and not yet answered
};

/// The shared-memory segment with a row for each worker, made by the supervisor before the first fork (also used without one).
/// Rows are lock-free atomics: any process may read while any other writes.
class Scoreboard {
 public:
  /// Throws `std::system_error` where the memory cannot be had.
  explicit Scoreboard(std::size_t workers);
  ~Scoreboard();
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] WorkerRow& operator[](std::size_t worker) noexcept { return rows_[worker]; }
  [[nodiscard]] const WorkerRow& operator[](std::size_t worker) const noexcept { return rows_[worker]; }

 private:
  std::span<WorkerRow> rows_;
};

}  // namespace ropeway::observability
