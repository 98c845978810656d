#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "core/src/observability/scoreboard.hpp"
#include "core/src/server/worker.hpp"

namespace ropeway::launcher {

/// Does in a worker what a drill asks of it. Without a drill it does nothing and has nothing.
class FaultInjector {
 public:
  /// All outlive it.
  FaultInjector(server::Worker& worker, unsigned threads, const observability::WorkerFaults& faults)
      : worker_(worker), threads_(threads), faults_(faults) {}
  ~FaultInjector();
  FaultInjector(const FaultInjector&) = delete;
  FaultInjector& operator=(const FaultInjector&) = delete;

  /// What is asked for may have changed. Called on one I/O thread at a time.
  void look();

 private:
  void take_piece();
  void hold_threads();
  void keep_slow(const std::stop_token& stop);

  server::Worker& worker_;
  unsigned threads_;
  const observability::WorkerFaults& faults_;
  std::mutex mutex_;
  std::vector<std::vector<char>> ballast_;  // guarded by `mutex_`
  std::jthread slow_;
};

}  // namespace ropeway::launcher
