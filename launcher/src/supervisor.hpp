#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/src/observability/log_sink.hpp"
#include "launcher/src/control_socket.hpp"
#include "launcher/src/deployment.hpp"
#include "launcher/src/director.hpp"
#include "launcher/src/pid_file.hpp"
#include "launcher/src/recycler.hpp"
#include "launcher/src/reload.hpp"
#include "launcher/src/scaler.hpp"
#include "launcher/src/service_manager.hpp"
#include "launcher/src/signals.hpp"
#include "launcher/src/upgrade.hpp"

namespace ropeway::launcher {

/// The parent of the workers: starts them, replaces those that die, and ends them. It has one thread and runs no code of a handler;
/// it sleeps in `poll` until a signal, a worker's word or a deadline.
///
/// The fork happens inside `run`, which returns in the child as well, with the seat to take. So the child leaves the supervisor's
/// scope, and everything that is the parent's alone (the other workers' pipes, its signals, its log) is closed by its destructor.
class Supervisor {
 public:
  struct Options {
    const Register* register_handlers = nullptr;
    server::HandOverChannel hand_over;
    std::function<void()> on_ready;  // once, when every worker is ready for the first time; nothing of it may throw
    std::string file;                // of the configuration, to be read again; empty: it cannot
    Invocation invocation;           // for an upgrade; its directory is where `file` begins, too
    // Of a launcher whose place this one is to take: a stream that is told when this one is ready, tells when that one accepts no more, and
    // ends when it does; its control socket, to be used where it has the same path; and its listeners.
    Descriptor predecessor;
    pid_t predecessor_pid = 0;
    std::unique_ptr<ControlSocket> control;
    std::unique_ptr<ListenSockets> listeners;
    std::unique_ptr<PidFile> pid_file;  // may be none
  };
  /// The keeper's seat.
  struct KeeperSeat {
    std::shared_ptr<KeeperSetup> setup;
    pid_t supervisor = 0;
    std::optional<Identity> identity;
  };
  /// What a new child process is to be.
  using Seat = std::variant<WorkerSeat, KeeperSeat>;
  /// The exit code of the program, or (in a new child) its seat.
  using Outcome = std::variant<int, Seat>;

  Supervisor(Options options, std::unique_ptr<Deployment> first, std::unique_ptr<observability::LogSink> log);
  [[nodiscard]] Outcome run();

 private:
  using Time = WorkerHandle::Time;
  enum class Phase : std::uint8_t { running, draining, stopping, killing };

  [[nodiscard]] static Time now() noexcept { return std::chrono::steady_clock::now(); }
  /// The one that serves, the one that is to replace it, and those that finish what they have.
  [[nodiscard]] std::vector<Deployment*> deployments() noexcept;
  [[nodiscard]] bool none_alive() noexcept;
  [[nodiscard]] std::optional<Seat> start_due();
  [[nodiscard]] std::optional<KeeperSeat> start_keeper();
  void use_keeper(Deployment& deployment);
  void keeper_ended(int status);
  void end_keeper() noexcept;
  [[nodiscard]] std::optional<WorkerSeat> start(Deployment& deployment, WorkerHandle& worker);
  void wait();
  void obey(SignalAction action);
  void read_words();
  void reap();
  void stopped_or_continued(WorkerHandle& worker, int status);
  void ended(Deployment& deployment, WorkerHandle& worker, int status);
  [[nodiscard]] bool is_planned(int status) const noexcept;
  void report_end(Deployment& deployment, const WorkerHandle& worker, int status);
  void watch_workers();
  void direct_connections();
  void open_control();
  void obey_clients();
  void obey(const ControlSocket::Request& request);
  void answer(ControlSocket::Client client, const nlohmann::json& line);
  void answer(std::vector<ControlSocket::Client>& clients, const nlohmann::json& line);  // and forgets them
  void begin_reload();
  void refuse_reload(const std::string& reason);
  void advance_reload();
  [[nodiscard]] bool may_change_workers() const noexcept;
  void recycle();
  void follow_load();
  void scale(unsigned processes, std::string_view reason);
  void scale_by(int difference);
  [[nodiscard]] std::string inject(const nlohmann::json& asked);  // why not; empty where it was done
  [[nodiscard]] std::string scale_to(std::int64_t processes);     // why not; empty where it was done
  void end_reload();
  void bury_retired();
  void reopen_log();
  void move_pid_file();
  void begin_upgrade();
  void advance_upgrade();
  void give_way();
  void refuse_upgrade(const std::string& reason);
  [[nodiscard]] bool others_serve_on() const noexcept;
  void take_place();
  void tell_ready() const;
  void watch_predecessor();
  void tell_successor();
  void successor_ended(int status);
  void give_up(int exit_code) noexcept;
  void begin_end();
  void begin_drain();
  void begin_stop();
  void end_all(Command command) noexcept;
  void keep_deadlines();
  void kill(const WorkerHandle& worker);
  void let_go() noexcept;

  Options options_;
  std::unique_ptr<observability::LogSink> log_;
  SignalDescriptor signals_;
  std::unique_ptr<Deployment> current_;
  std::vector<std::unique_ptr<Deployment>> retired_;
  std::optional<Reload> reload_;  // refers to `current_`
  bool reload_wanted_ = false;
  Recycler recycler_;  // of `current_`
  Scaler scaler_;
  BusyMeter busy_meter_;
  Time next_scaling_{};
  std::unique_ptr<ControlSocket> control_;
  std::vector<ControlSocket::Client> want_verdict_;   // of the reload that is wanted
  std::vector<ControlSocket::Client> await_verdict_;  // of the one in progress
  Director director_;
  ServiceManager manager_;
  std::optional<Upgrade> upgrade_;
  bool upgrade_wanted_ = false;
  std::optional<Time> leaves_until_;  // after it: for the workers to accept no more
  bool has_left_ = false;
  bool reopened_meanwhile_ = false;      // during the upgrade
  std::shared_ptr<KeeperSetup> keeper_;  // once it was wanted
  pid_t keeper_pid_ = 0;
  std::optional<Time> next_keeper_;                   // when it is to be started
  bool succeeded_ = false;                            // the upgrade is done: another launcher serves
  std::vector<ControlSocket::Client> await_upgrade_;  // its verdict
  Phase phase_ = Phase::running;
  std::optional<Time> deadline_;     // of the phase
  std::optional<Time> grace_until_;  // it has been told to end, and goes on accepting until then
  bool announced_ = false;
  int exit_code_ = 0;
};

}  // namespace ropeway::launcher
