#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <ropeway/child_process.hpp>
#include <ropeway/logger.hpp>

#include "core/src/server/nursery.hpp"

namespace ropeway::server {

class WaitingChildPool;

/// The worker's side of its nursery: what is behind `Services::child_processes`. Pools are made while handlers are constructed; then the
/// nursery is forked, before the worker's threads start. Thread-safe from then on.
class ChildPools final : public ChildProcesses {
 public:
  /// `log` outlives this.
  explicit ChildPools(Logger& log) : log_(log) {}
  ~ChildPools() override;
  ChildPools(const ChildPools&) = delete;
  ChildPools& operator=(const ChildPools&) = delete;

  [[nodiscard]] std::shared_ptr<ChildPool> for_programs(std::string name, const ChildLimits& limits) override;
  [[nodiscard]] std::shared_ptr<ChildPool> for_task(std::string name, const ChildLimits& limits, ChildTask task) override;

  /// Whether any handler has asked for a pool.
  [[nodiscard]] bool in_use() const noexcept { return !pools_.empty(); }
  /// Forks the nursery; see `Nursery::start`. To be called once, if `in_use`.
  void start(std::span<const int> not_needed) { nursery_ = Nursery::start(tasks_, not_needed); }
  /// The channel to the nursery: it becomes readable when that has ended. -1: there is none.
  [[nodiscard]] int channel() const noexcept { return nursery_.channel.get(); }
  /// To be called when `channel` was readable: reaps it, and tells the log.
  void lost() noexcept;
  /// Nobody waits for a place any more: before the event loop ends.
  void close() noexcept;

 private:
  Logger& log_;
  std::vector<ChildTask> tasks_;
  std::vector<std::shared_ptr<WaitingChildPool>> pools_;
  Nursery nursery_;
};

}  // namespace ropeway::server
