#pragma once

#include <vector>

#include "core/src/observability/log_sink.hpp"
#include "launcher/src/deployment.hpp"
#include "launcher/src/steering.hpp"

namespace ropeway::launcher {

/// Sees to it that every new connection finds somebody: the queue of a worker that does not accept is served by its siblings, and as few
/// connections as possible come into it.
class Director {
 public:
  using Time = WorkerHandle::Time;
  /// What the workers are about, as far as it matters here.
  struct Situation {
    Deployment* current = nullptr;
    Deployment* incoming = nullptr;  // while a reload is in progress
    bool replacing = false;          // the reload has come to replace workers
    unsigned canary_percent = 0;     // the share of `incoming`'s canary
    bool running = true;             // false: the whole server ends
  };

  explicit Director(const ListenSockets& listeners) : steering_(listeners.spread_groups()) {}
  /// From now on these are the listeners.
  void set_listeners(const ListenSockets& listeners);

  /// To be called after everything that may have changed a worker, and at `next_look` at the latest.
  void direct(const Situation& situation, Time now, observability::LogSink& log);
  [[nodiscard]] Time next_look() const noexcept { return next_look_; }
  void look_soon() noexcept { next_look_ = {}; }
  [[nodiscard]] const Steering& steering() const noexcept { return steering_; }

 private:
  [[nodiscard]] static bool update_rescue(Deployment& deployment, const Situation& situation, const std::vector<SlotLoad>& loads, Time now);
  void steer(const Situation& situation, const std::vector<SlotLoad>& loads, observability::LogSink& log);

  Steering steering_;
  Time next_look_{};        // at the workers' load
  std::uint64_t seen_ = 0;  // connections that had been accepted then
};

}  // namespace ropeway::launcher
