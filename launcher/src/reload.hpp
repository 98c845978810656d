#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/src/canary.hpp"
#include "launcher/src/check.hpp"
#include "launcher/src/deployment.hpp"

namespace ropeway::launcher {

/// A change to another configuration while the one that runs serves on:
///
///   checking    a child that is thrown away tries it
///   trying      one worker of it, the canary, serves beside all old ones
///   replacing   a new worker starts in each slot, and when it is ready, the old one of that slot is told to end
///   done        no old worker accepts any more; they finish what they have
///   refused     by the check: nothing was begun
///   taken back  everything is as it was before, but for the log
///
/// It decides; the supervisor starts processes, tells what became of them, and steers connections.
class Reload {
 public:
  using Time = WorkerHandle::Time;
  enum class State : std::uint8_t { checking, trying, replacing, done, refused, taken_back };
  /// How long old workers have to accept no more, once they were told. One that is held by a handler accepts nothing anyway.
  static constexpr std::chrono::seconds leave_patience{2};
  /// Makes the deployment of a configuration that was found good; what it throws fails the reload.
  using Make = std::function<std::unique_ptr<Deployment>(ConfigSource, Plan)>;

  /// Begins to check `source`. `current` and `log` outlive it. Throws where no process can be started.
  Reload(ConfigSource source, const Register& register_handlers, Deployment& current, Make make, observability::LogSink& log, Time now);

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool has_ended() const noexcept { return state_ >= State::done; }
  /// What there is to say of it so far.
  struct Verdict {
    unsigned generation = 0;  // the new one's number; 0: there is none yet
    std::string reason;       // why it was refused or taken back
    std::string report;       // of the check
    Tally canary, others;     // since the canary was ready
  };
  [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }
  /// The new one, once there is one.
  [[nodiscard]] Deployment* incoming() noexcept { return incoming_.get(); }
  /// To be called when the reload has ended.
  [[nodiscard]] std::unique_ptr<Deployment> take_incoming() noexcept { return std::move(incoming_); }
  /// The canary's share of new connections, in percent.
  [[nodiscard]] unsigned canary_percent() const noexcept { return state_ == State::trying ? incoming_->plan().canary.percent : 0; }
  /// The child that checks, while there is one.
  [[nodiscard]] const CheckProcess* check() const noexcept { return check_ ? &*check_ : nullptr; }

  /// A process has ended. Says whether it was the child that checks.
  [[nodiscard]] bool process_ended(pid_t pid, int status);
  /// A worker of the new deployment has ended, or could not be started.
  void worker_ended(const WorkerHandle& worker, Time now);
  /// Does what is to be done now. To be called after every wait, and at `next_step` at the latest.
  void advance(Time now);
  [[nodiscard]] Time next_step(Time now) const noexcept;
  /// The server ends.
  void abandon() noexcept;

 private:
  void take_verdict(Time now);
  void refuse(std::string_view reason, std::string report);
  void watch_canary(Time now);
  void tell(LogLevel level, std::string_view message);
  void begin_replacing(Time now);
  void replace(Time now);
  void retire_the_rest(Time now);
  void finish();
  void take_back(std::string_view reason, Time now);
  [[nodiscard]] Tally tally_of_old(bool with_latency) const noexcept;
  [[nodiscard]] Time last_moment_of_old(Time now) const noexcept;

  Deployment& current_;
  Make make_;
  observability::LogSink& log_;
  State state_ = State::checking;
  std::optional<CheckProcess> check_;
  std::unique_ptr<Deployment> incoming_;
  Time deadline_;                      // of the check, for the worker that starts, or for old ones to accept no more
  std::optional<Time> watched_until_;  // the canary, once it is ready
  Tally before_;                       // what the old workers had answered then
  unsigned slot_ = 0;                  // that is replaced now
  bool all_replaced_ = false;
  Verdict verdict_;
};

}  // namespace ropeway::launcher
