#pragma once

#include <optional>
#include <span>
#include <vector>

#include "launcher/src/worker_handle.hpp"

namespace ropeway::launcher {

/// The workers of one configuration, one in each slot, and behind them its canary: a further one, in a slot that no worker has, which
/// serves for a while before them. Later its slot is for one that stands in while a member is renewed.
///
/// Until one of them has ever been ready, a worker that ends is not replaced: where all end at their very first start, the fault is
/// in what they share, and starting them again for ever would hide it.
class Generation {
 public:
  using Time = WorkerHandle::Time;
  /// None of the workers is to be started yet. `most`: as many members as there may come to be.
  Generation(unsigned number, unsigned members, unsigned most, unsigned canary_slot);
  /// Every worker but the canary is to be started.
  void start_all(Time now) noexcept;

  [[nodiscard]] unsigned number() const noexcept { return number_; }
  /// All of them.
  [[nodiscard]] std::vector<WorkerHandle>& workers() noexcept { return workers_; }
  [[nodiscard]] const std::vector<WorkerHandle>& workers() const noexcept { return workers_; }
  [[nodiscard]] WorkerHandle& canary() noexcept { return workers_.back(); }
  [[nodiscard]] const WorkerHandle& canary() const noexcept { return workers_.back(); }
  /// Those that are wanted, but for the canary.
  [[nodiscard]] std::span<WorkerHandle> members() noexcept { return std::span(workers_).first(wanted_); }
  [[nodiscard]] std::span<const WorkerHandle> members() const noexcept { return std::span(workers_).first(wanted_); }
  /// How many members there are to be.
  [[nodiscard]] unsigned wanted() const noexcept { return wanted_; }
  [[nodiscard]] unsigned most() const noexcept { return static_cast<unsigned>(workers_.size() - 1); }
  /// Has that many from now on, from 1 to `most`: starts some, or tells the last ones to end by `deadline`.
  void scale(unsigned wanted, Time now, Time deadline) noexcept;
  /// nullptr where no worker is that process.
  [[nodiscard]] WorkerHandle* find(pid_t pid) noexcept;
  /// A slot whose next process may start now, or nullptr.
  [[nodiscard]] WorkerHandle* due(Time now) noexcept;
  /// When the next slot will be due, where one will.
  [[nodiscard]] std::optional<Time> next_start() const noexcept;

  /// To be told when a worker has become ready.
  void became_ready() noexcept { ever_ready_ = true; }
  [[nodiscard]] bool was_ready() const noexcept { return ever_ready_; }
  [[nodiscard]] bool all_ready() const noexcept;
  [[nodiscard]] bool none_alive() const noexcept;
  /// Every worker ended before any was ready.
  [[nodiscard]] bool stillborn() const noexcept;

  /// To be told when a worker has ended. Where it was the last one, the next to start waits for `last_delay` at most: a server that nobody
  /// is left of does not wait for its workers to get better.
  void one_ended(Time now) noexcept;
  static constexpr std::chrono::milliseconds last_delay{100};

  void send(Command command) noexcept;
  /// Nobody is replaced from now on.
  void close() noexcept;

 private:
  [[nodiscard]] bool may_start(const WorkerHandle& worker) const noexcept;
  unsigned number_;
  unsigned wanted_;
  bool ever_ready_ = false;
  std::vector<WorkerHandle> workers_;
};

}  // namespace ropeway::launcher
