#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/src/observability/log_sink.hpp"
#include "launcher/src/deployment.hpp"

namespace ropeway::launcher {

/// Replaces workers that have grown old (`recycle`), one at a time, and so that there are never fewer than before:
///
///   standing in  another worker starts in the slot that is left over, and when it is ready, the old one is told to end
///   renewing     the old one has handed its connections over and finishes what runs; when it is gone, the next starts in its slot
///   leaving      that one is ready, so the one that stood in ends
///
/// All of it are planned ends: they do not count as failures, and workers that started together do not end together.
class Recycler {
 public:
  using Time = WorkerHandle::Time;
  /// How often workers are looked at, where the configuration says when they are old.
  static constexpr std::chrono::milliseconds look_interval{500};
  /// After a worker that stood in did not become ready.
  static constexpr std::chrono::seconds retry_after{30};

  /// Does what is to be done now. `may_begin`: nothing else is about to change the workers. The deployment is the same until `is_idle`.
  void advance(Deployment& deployment, Time now, bool may_begin, observability::LogSink& log);
  [[nodiscard]] bool is_idle() const noexcept { return step_ == Step::idle; }
  /// When there is something to do, besides when a worker has become ready or has ended.
  [[nodiscard]] std::optional<Time> next_step(const Deployment& deployment) const noexcept;

 private:
  enum class Step : std::uint8_t { idle, standing_in, renewing, leaving };
  void look(Deployment& deployment, Time now, observability::LogSink& log);
  void leave(Deployment& deployment, Time now);

  Step step_ = Step::idle;
  unsigned slot_ = 0;  // that is renewed
  pid_t old_ = 0;      // the process that was there
  Time deadline_{};    // for the one that stands in to be ready
  Time next_look_{};
};

/// Why a worker is old, for the log; nothing where it is not. `memory`: resident bytes.
[[nodiscard]] std::optional<std::string> reason_to_recycle(const config::RecycleConfig& recycle, std::uint64_t requests,
                                                           std::uint64_t memory, std::chrono::nanoseconds age);

/// What a process has resident, in bytes; 0 where that cannot be told.
[[nodiscard]] std::uint64_t resident_memory(pid_t process);

}  // namespace ropeway::launcher
