#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "core/src/observability/latency.hpp"
#include "core/src/observability/thread_counters.hpp"
#include "core/src/observability/thread_slot.hpp"

namespace ropeway::observability {

/// What a worker is doing; see `docs/processes_and_threads.md`.
enum class WorkerState : std::uint8_t { gone, starting, ready, draining };

/// A worker's row, in memory that all processes share and that outlives its writer.
struct alignas(64) WorkerRow {
  std::atomic<std::int32_t> pid{0};
  std::atomic<WorkerState> state{WorkerState::gone};
  std::atomic<bool> rescued{false};  // its own worker does not accept, so its siblings do; the supervisor says so
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint32_t> connections{0};  // open now
  std::atomic<std::uint64_t> accepted{0};     // connections, since the worker started
  std::atomic<std::int64_t> turned{0};  // when its event loop last did its regular work (ms of the steady clock), while it has connections
};

/// What a drill asks of a worker, to see what clients notice.
struct WorkerFaults {
  std::atomic<std::int64_t> held_until{0};  // its I/O threads do nothing until then (ms of the steady clock)
  std::atomic<std::int64_t> slow_until{0};  // the same for 20 ms of every 40
  std::atomic<std::uint64_t> ballast{0};    // bytes that it is to take, for nothing
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

/// A file in a worker's memory that its supervisor may not have in its own, such as a module: what an address there means.
struct MappedObject {
  static constexpr std::size_t longest_path = 231;
  std::atomic<std::uint64_t> begin{0}, end{0};  // end 0: none
  std::atomic<std::uint64_t> base{0};           // what an address of the file was moved by
  std::atomic<std::uint64_t> inode{0};          // of the file, whose path may have another one since
  std::array<std::atomic<char>, longest_path + 1> path{};
};

/// What a worker's threads have counted together. `in_flight` is only as good as the moment.
struct WorkerTotals {
  std::uint64_t requests = 0;       // answered
  std::uint64_t server_errors = 0;  // of them with a status of 500 and above
  std::uint64_t in_flight = 0;      // requests begun and not yet ended
};

/// How much a scoreboard has room for.
struct ScoreboardSize {
  std::size_t workers = 0;
  std::size_t io_threads = 1;    // of each worker
  std::size_t pool_threads = 0;  // of each worker's blocking pool
  std::size_t routes = 0;
};

/// The shared-memory segment with a row, crash records, and for each thread a slot and counters, made by the supervisor before the first
/// fork (also used without one). Everything is lock-free atomics: any process may read while any other writes.
class Scoreboard {
 public:
  /// Throws `std::system_error` where the memory cannot be had. Counters take memory only once they count.
  explicit Scoreboard(const ScoreboardSize& size);
  ~Scoreboard();
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] WorkerRow& operator[](std::size_t worker) noexcept { return rows_[worker]; }
  [[nodiscard]] const WorkerRow& operator[](std::size_t worker) const noexcept { return rows_[worker]; }
  [[nodiscard]] StackRecord& crash(std::size_t worker) noexcept { return crashes_[worker]; }
  /// Of each route whether it is closed (503): its handler has ended too many workers.
  [[nodiscard]] std::span<std::atomic<bool>> closed_routes() noexcept { return closed_routes_; }
  /// Whether the whole server has been told to end.
  [[nodiscard]] std::atomic<bool>& ending() noexcept { return *ending_; }
  [[nodiscard]] WorkerFaults& faults(std::size_t worker) noexcept { return faults_[worker]; }
  [[nodiscard]] std::span<MappedObject> objects(std::size_t worker) noexcept {
    return objects_.subspan(worker * most_objects, most_objects);
  }
  static constexpr std::size_t most_objects = 16;  // of a worker
  [[nodiscard]] StackRecord& stall(std::size_t worker) noexcept { return stalls_[worker]; }
  /// For the I/O threads first, and behind them for the blocking pool's.
  [[nodiscard]] std::span<ThreadSlot> threads(std::size_t worker) noexcept { return slots_.subspan(worker * threads_, threads_); }
  /// Of the I/O threads.
  [[nodiscard]] std::span<ThreadCounters> counters(std::size_t worker) noexcept {
    return counters_.subspan(worker * io_threads_, io_threads_);
  }
  /// Of the first I/O thread for each route that is counted alone, then one for all others, and so on for each thread.
  [[nodiscard]] std::span<RouteCounters> route_counters(std::size_t worker) noexcept {
    return {reinterpret_cast<RouteCounters*>(route_counters_.data() + worker * counted_bytes_), io_threads_ * counted_routes_};
  }
  /// Sets everything that was counted in the worker's place to 0. Nobody may count there meanwhile.
  void forget_counts(std::size_t worker) noexcept;
  [[nodiscard]] WorkerTotals totals(std::size_t worker) const noexcept;
  /// How many routes are counted alone; the counters at this place are of all others.
  [[nodiscard]] std::size_t counted_routes() const noexcept { return counted_routes_ - 1; }
  /// The durations of all requests that the worker has answered.
  [[nodiscard]] LatencySum latency(std::size_t worker) const noexcept;
  /// Of one route alone.
  [[nodiscard]] LatencySum latency(std::size_t worker, std::size_t route) const noexcept;

 private:
  void add_latency(std::size_t worker, std::size_t thread, std::size_t route, LatencySum& sum) const noexcept;

  std::size_t threads_;
  std::size_t io_threads_;
  std::size_t counted_routes_;  // with the one for the others
  std::size_t counted_bytes_;   // of a worker's route counters, whole pages
  std::size_t size_in_bytes_ = 0;
  std::span<WorkerRow> rows_;
  std::span<ThreadSlot> slots_;
  std::span<StackRecord> crashes_;
  std::span<StackRecord> stalls_;
  std::span<MappedObject> objects_;
  std::span<WorkerFaults> faults_;
  std::span<ThreadCounters> counters_;
  std::span<std::atomic<bool>> closed_routes_;
  std::atomic<bool>* ending_ = nullptr;
  std::span<std::byte> route_counters_;  // of each worker; untouched zeros until they count
};

}  // namespace ropeway::observability
