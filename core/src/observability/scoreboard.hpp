#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "core/src/observability/thread_slot.hpp"

namespace ropeway::observability {

/// What a worker is doing; see `docs/processes_and_threads.md`.
enum class WorkerState : std::uint8_t { gone, starting, ready, draining };

/// A worker's row, in memory that all processes share and that outlives its writer. One cache line for what changes with each request.
struct alignas(64) WorkerRow {
  std::atomic<std::int32_t> pid{0};
  std::atomic<WorkerState> state{WorkerState::gone};
  std::atomic<bool> rescued{false};  // its own worker does not accept, so its siblings do; the supervisor says so
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint32_t> connections{0};    // open now
  std::atomic<std::uint64_t> accepted{0};       // connections, since the worker started
  std::atomic<std::uint64_t> requests{0};       // answered, since the worker started
  std::atomic<std::uint64_t> server_errors{0};  // of them with a status of 500 and above
  std::atomic<std::uint64_t> in_flight{0};      // requests begun and not yet answered
  std::atomic<std::int64_t> turned{0};  // when its event loop last did its regular work (ms of the steady clock), while it has connections
};

/// Where a thread was when a signal reached it: what a worker that dies of one leaves behind, or what one that is asked tells.
struct StackRecord {
  static constexpr std::size_t most_frames = 48;
  std::atomic<int> signal{0};             // 0: none; written before the frames
  std::atomic<std::uint32_t> thread{0};   // the slot of the thread; past the last one: of another thread
  std::atomic<std::uint64_t> address{0};  // that could not be reached
  std::atomic<std::uint32_t> frame_count{0};
  std::array<std::atomic<std::uint64_t>, most_frames> frames{};  // where the thread was, innermost first
};

/// The shared-memory segment with a row, a crash record and slots for the threads of each worker, made by the supervisor before the first
/// fork (also used without one). Everything is lock-free atomics: any process may read while any other writes.
class Scoreboard {
 public:
  /// `threads`: slots of each worker, for its I/O threads first and the blocking pool's behind them. Throws `std::system_error` where the
  /// memory cannot be had.
  Scoreboard(std::size_t workers, std::size_t threads, std::size_t routes = 0);
  ~Scoreboard();
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] WorkerRow& operator[](std::size_t worker) noexcept { return rows_[worker]; }
  [[nodiscard]] const WorkerRow& operator[](std::size_t worker) const noexcept { return rows_[worker]; }
  [[nodiscard]] StackRecord& crash(std::size_t worker) noexcept { return crashes_[worker]; }
  /// Of each route whether it is closed (503): its handler has ended too many workers.
  [[nodiscard]] std::span<std::atomic<bool>> closed_routes() noexcept { return closed_routes_; }
  [[nodiscard]] StackRecord& stall(std::size_t worker) noexcept { return stalls_[worker]; }
  [[nodiscard]] std::span<ThreadSlot> threads(std::size_t worker) noexcept { return slots_.subspan(worker * threads_, threads_); }

 private:
  std::size_t threads_;
  std::size_t size_in_bytes_ = 0;
  std::span<WorkerRow> rows_;
  std::span<ThreadSlot> slots_;
  std::span<StackRecord> crashes_;
  std::span<StackRecord> stalls_;
  std::span<std::atomic<bool>> closed_routes_;
};

}  // namespace ropeway::observability
