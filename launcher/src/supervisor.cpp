#include "launcher/src/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include <ropeway/json_document.hpp>

#include "launcher/src/exit_code.hpp"
#include "launcher/src/figures.hpp"
#include "launcher/src/log_files.hpp"

namespace ropeway::launcher {
namespace {

using observability::WorkerRow;
using observability::WorkerState;

// After a fast stop there is nothing to wait for but a handler that does not return.
constexpr std::chrono::seconds stop_grace{2};
constexpr std::size_t most_kept = 1U << 20U;  // connections: their table is address space, and memory as it is used
constexpr std::chrono::seconds keeper_delay{1};
constexpr int last_words_patience_ms = 100;  // for a client of the control socket that does not read

}  // namespace

Supervisor::Supervisor(Options options, std::unique_ptr<Deployment> first, std::unique_ptr<observability::LogSink> log)
    : options_(std::move(options)),
      log_(std::move(log)),
      signals_(options_.file.empty() ? Role::fixed_supervisor : Role::supervisor),
      current_(std::move(first)),
      director_(*current_->setup()->listeners) {
  open_control();
  use_keeper(*current_);
  current_->generation().start_all(now());
}

std::vector<Deployment*> Supervisor::deployments() noexcept {
  std::vector<Deployment*> all{current_.get()};
  if (reload_ && reload_->incoming() != nullptr) all.push_back(reload_->incoming());
  for (const auto& deployment : retired_) all.push_back(deployment.get());
  return all;
}

bool Supervisor::none_alive() noexcept {
  return std::ranges::all_of(deployments(), [](Deployment* deployment) { return deployment->generation().none_alive(); });
}

Supervisor::Outcome Supervisor::run() {
  for (;;) {
    if (auto seat = start_due()) return std::move(*seat);
    if (none_alive() && (phase_ != Phase::running || !current_->generation().next_start())) break;
    wait();
    for (const SignalAction action : signals_.take()) obey(action);
    obey_clients();
    read_words();  // before the dead are buried: one that was ready and died was ready
    reap();
    recycle();
    follow_load();
    advance_reload();
    advance_upgrade();
    watch_predecessor();
    watch_workers();
    direct_connections();
    keep_deadlines();
    bury_retired();
    if (!succeeded_) manager_.ping(now());
  }
  end_keeper();
  if (control_) control_->finish(last_words_patience_ms);
  log_->info("stopped", {{"exit_code", std::int64_t{exit_code_}}});
  log_->flush();
  let_go();
  return exit_code_;
}

// Who waits for the end hears of it when `control_` goes, as a member: another server can take the addresses and the pid file by then.
void Supervisor::let_go() noexcept {
  reload_.reset();
  retired_.clear();
  current_.reset();
  options_.on_ready = nullptr;
  options_.listeners.reset();
  options_.pid_file.reset();
}

std::optional<Supervisor::Seat> Supervisor::start_due() {
  if (auto seat = start_keeper()) return *seat;
  for (Deployment* deployment : deployments()) {
    while (WorkerHandle* worker = deployment->generation().due(now())) {
      if (auto seat = start(*deployment, *worker)) return std::move(*seat);
    }
  }
  return std::nullopt;
}

std::optional<WorkerSeat> Supervisor::start(Deployment& deployment, WorkerHandle& worker) {
  deployment.prepare(worker);
  WorkerRow& row = deployment.row(worker);
  try {
    Pipe commands = make_pipe();
    Pipe words = make_pipe();
    ::fcntl(commands.read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(commands.write.get(), F_SETFL, O_NONBLOCK);  // a worker that hangs must not make its supervisor hang
    const pid_t supervisor = ::getpid();
    log_->flush();
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) return WorkerSeat{deployment.setup(), worker.slot(), supervisor, std::move(commands.read), std::move(words.write)};
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    row.pid = child;
    worker.started(child, std::move(commands.write), std::move(words.read), now());
    log_->debug("worker started", {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{child}}});
  } catch (const std::system_error& error) {
    row.state = WorkerState::gone;
    worker.could_not_start(now());
    log_->error("a worker cannot be started", {{"worker", std::int64_t{worker.slot()}}, {"reason", std::string_view(error.what())}});
    if (reload_ && &deployment == reload_->incoming()) {
      reload_->worker_ended(worker, now());
    } else if (deployment.generation().stillborn()) {
      give_up(exit_code::failure);
    }
  }
  return std::nullopt;
}

void Supervisor::wait() {
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}};
  std::optional<Time> until = deadline_;
  const auto no_later_than = [&until](std::optional<Time> time) {
    if (time && (!until || *time < *until)) until = time;
  };
  for (Deployment* deployment : deployments()) {
    no_later_than(deployment->generation().next_start());
    for (const auto& worker : deployment->generation().workers()) {
      if (worker.words_descriptor() >= 0) watched.push_back({worker.words_descriptor(), POLLIN, 0});
      no_later_than(worker.retires_until());
    }
  }
  no_later_than(next_keeper_);
  no_later_than(grace_until_);
  if (!succeeded_) no_later_than(manager_.next_ping());
  if (!has_left_) no_later_than(leaves_until_);
  if (reload_) {
    no_later_than(reload_->next_step(now()));
    if (const CheckProcess* check = reload_->check()) {
      for (const int descriptor : check->descriptors()) watched.push_back({descriptor, POLLIN, 0});
    }
  }
  if (upgrade_) {
    watched.push_back({upgrade_->descriptor(), POLLIN, 0});
    no_later_than(upgrade_->deadline());
  }
  if (options_.predecessor) watched.push_back({options_.predecessor.get(), POLLIN, 0});
  if (control_) control_->add_to(watched);
  if (phase_ == Phase::running) {
    no_later_than(director_.next_look());
    if (!reload_ && announced_ && current_->plan().scales) no_later_than(next_scaling_);
    if (!reload_ && !upgrade_) no_later_than(recycler_.next_step(*current_));
  }
  int timeout = -1;
  if (until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - now());
    timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
  }
  ::poll(watched.data(), watched.size(), timeout);
}

void Supervisor::obey(SignalAction action) {
  switch (action) {
    case SignalAction::drain:
      if (phase_ == Phase::running) begin_end();
      break;
    case SignalAction::stop:
      if (phase_ == Phase::running || phase_ == Phase::draining) begin_stop();
      break;
    case SignalAction::reload:
      reload_wanted_ = true;
      if (succeeded_) tell_successor();
      break;
    case SignalAction::upgrade: upgrade_wanted_ = true; break;
    case SignalAction::more: scale_by(1); break;
    case SignalAction::fewer: scale_by(-1); break;
    case SignalAction::reopen:
      reopen_for(current_->plan(), *log_);
      for (Deployment* deployment : deployments()) deployment->generation().send(Command::reopen);
      reopened_meanwhile_ = upgrade_.has_value();
      if (succeeded_) tell_successor();
      break;
    case SignalAction::reap:  // `reap` runs after every wait
    case SignalAction::none: break;
  }
}

void Supervisor::read_words() {
  for (Deployment* deployment : deployments()) {
    for (auto& worker : deployment->generation().workers()) {
      if (worker.words_descriptor() < 0 || !worker.read_words()) continue;
      deployment->generation().became_ready();
      director_.look_soon();
      log_->info("worker ready", {{"worker", std::int64_t{worker.slot()}},
                                  {"pid", std::int64_t{worker.pid()}},
                                  {"generation", std::int64_t{deployment->generation().number()}}});
    }
  }
  if (announced_ || phase_ != Phase::running || !current_->generation().all_ready()) return;
  announced_ = true;
  take_place();
  tell_ready();
  if (options_.on_ready) options_.on_ready();
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid <= 0) return;
    const bool has_ended = !WIFSTOPPED(status) && !WIFCONTINUED(status);
    WorkerHandle* worker = nullptr;
    Deployment* its = nullptr;
    for (Deployment* deployment : deployments()) {
      if (worker == nullptr && (worker = deployment->generation().find(pid)) != nullptr) its = deployment;
    }
    if (worker != nullptr && has_ended) {
      ended(*its, *worker, status);
    } else if (worker != nullptr) {
      stopped_or_continued(*worker, status);
    } else if (has_ended && keeper_pid_ == pid) {
      keeper_ended(status);
    } else if (has_ended && upgrade_ && succeeded_ && upgrade_->is(pid)) {
      successor_ended(status);
    } else if (has_ended && upgrade_ && !succeeded_ && upgrade_->is(pid)) {
      upgrade_.reset();
      refuse_upgrade("the new program " + describe_end(status) + " before it was ready");
    } else if (has_ended && !(reload_ && reload_->process_ended(pid, status))) {
      // As process 1 of a container, orphans of others come here, too.
      log_->debug("a process that is no worker has ended", {{"pid", std::int64_t{pid}}});
    }
  }
}

void Supervisor::stopped_or_continued(WorkerHandle& worker, int status) {
  worker.set_stopped(WIFSTOPPED(status));
  const std::string message =
      "worker " + std::to_string(worker.slot()) +
      (WIFSTOPPED(status) ? " was stopped by a signal; the others serve new connections until it goes on" : " goes on");
  log_->warning(message, {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
}

void Supervisor::ended(Deployment& deployment, WorkerHandle& worker, int status) {
  report_end(deployment, worker, status);
  if (!is_planned(status)) {
    deployment.report_activity(worker, now(), *log_);
    deployment.close_route_of(worker, now(), *log_);
  }
  if (const auto& keeper = deployment.setup()->keeper) {
    const pid_t pid = worker.pid();
    ::send(keeper->deaths.write.get(), &pid, sizeof pid, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  shared::Segment& shared = *deployment.setup()->shared;
  if (shared.claims().give_back_all_of(worker.pid())) shared.ring();  // others take its place
  WorkerRow& row = deployment.row(worker);
  row.state = WorkerState::gone;
  row.pid = 0;
  row.connections = 0;
  worker.ended(now(), is_planned(status));
  Generation& generation = deployment.generation();
  generation.one_ended(now());
  if (phase_ != Phase::running) {
    worker.no_next_start();
  } else if (reload_ && &deployment == reload_->incoming()) {
    reload_->worker_ended(worker, now());
  } else if (&deployment != current_.get()) {
    return;
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::worker_configuration && !generation.was_ready()) {
    log_->error("a worker cannot use the configuration; a replacement could not either");
    give_up(exit_code::usage);
  } else if (generation.stillborn()) {
    log_->error("no worker became ready; what they share is at fault, so none is started again");
    give_up(exit_code::failure);
  }
}

void Supervisor::tell_ready() const {
  if (grace_until_) return;
  const Workforce& force = current_->force();
  manager_.ready("generation " + std::to_string(current_->generation().number()) + ": " + std::to_string(current_->generation().wanted()) +
                 " processes of " + std::to_string(force.threads) + " threads");
}

bool Supervisor::is_planned(int status) const noexcept {
  return phase_ != Phase::running || (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success);
}

void Supervisor::report_end(Deployment& deployment, const WorkerHandle& worker, int status) {
  const WorkerRow& row = deployment.row(worker);
  const observability::WorkerTotals totals = deployment.totals(worker);
  const LogLevel level = is_planned(status) ? LogLevel::info : LogLevel::error;
  if (!log_->enabled(level)) return;
  const std::string message = "worker " + std::to_string(worker.slot()) + " " + describe_end(status);
  log_->log(level, message,
            {{"worker", std::int64_t{worker.slot()}},
             {"pid", std::int64_t{worker.pid()}},
             {"age_seconds", std::chrono::duration<double>(worker.age(now())).count()},
             {"requests", field(totals.requests)},
             {"in_flight", field(totals.in_flight)},
             {"connections", field(row.connections)}});
}

void Supervisor::watch_workers() {
  const bool looks = phase_ == Phase::running && now() >= director_.next_look();
  for (Deployment* deployment : deployments()) {
    deployment->open_routes(now(), *log_);
    if (looks) deployment->watch_loops(now(), *log_);
  }
}

void Supervisor::direct_connections() {
  if (succeeded_) return;  // the new launcher does
  Director::Situation situation;
  situation.current = current_.get();
  situation.running = phase_ == Phase::running;
  if (reload_) {
    situation.incoming = reload_->incoming();
    situation.replacing = reload_->state() == Reload::State::replacing;
    situation.canary_percent = reload_->canary_percent();
  }
  director_.direct(situation, now(), *log_);
}

// ---- the keeper ---------------------------------------------------------------------------------------------------------------------

// The deployment's workers, none of which was started yet, have their connections kept, where the configuration says so.
void Supervisor::use_keeper(Deployment& deployment) {
  if (!deployment.plan().keeper) return;
  if (!keeper_) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    keeper_ = std::make_shared<KeeperSetup>(std::min<std::size_t>(files.rlim_cur, most_kept), options_.hand_over);
    next_keeper_ = now();
  }
  deployment.setup()->keeper = keeper_;
}

std::optional<Supervisor::KeeperSeat> Supervisor::start_keeper() {
  if (!next_keeper_ || now() < *next_keeper_ || phase_ != Phase::running) return std::nullopt;
  next_keeper_.reset();
  keeper_->table.next_epoch();
  log_->flush();
  std::fflush(nullptr);
  const pid_t supervisor = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) return KeeperSeat{keeper_, supervisor, current_->plan().identity};
  if (child < 0) {
    log_->error("the keeper cannot be started", {{"reason", std::string_view(std::strerror(errno))}});
    next_keeper_ = now() + keeper_delay;
    return std::nullopt;
  }
  keeper_pid_ = child;
  return std::nullopt;
}

void Supervisor::keeper_ended(int status) {
  const std::string message = "the keeper " + describe_end(status) + "; until there is another, connections are lost with their workers";
  log_->error(message, {{"pid", std::int64_t{keeper_pid_}}});
  keeper_pid_ = 0;
  next_keeper_ = now() + keeper_delay;
}

void Supervisor::end_keeper() noexcept {
  if (keeper_pid_ == 0) return;
  ::kill(keeper_pid_, SIGKILL);
  ::waitpid(std::exchange(keeper_pid_, 0), nullptr, 0);
}

// ---- the end ------------------------------------------------------------------------------------------------------------------------

void Supervisor::give_up(int exit_code) noexcept {
  exit_code_ = exit_code;
  begin_stop();
}

// Load balancers shall have noticed before anybody is refused. Whoever asks again does not want to wait for that.
void Supervisor::begin_end() {
  const auto grace = current_->plan().drain_grace;
  if (grace.count() == 0 || grace_until_ || upgrade_) return begin_drain();
  manager_.stopping();
  log_->info("ending: not ready for new work any more; connections are still accepted", {{"for_ms", std::int64_t{grace.count()}}});
  grace_until_ = now() + grace;
  for (Deployment* deployment : deployments()) deployment->setup()->scoreboard.ending() = true;
}

void Supervisor::begin_drain() {
  if (!succeeded_) manager_.stopping();
  grace_until_.reset();
  log_->info("draining", {{"deadline_ms", std::int64_t{current_->plan().drain.count()}}});
  phase_ = Phase::draining;
  deadline_ = now() + current_->plan().drain + drain_slack;
  end_all(Command::drain);
}

void Supervisor::begin_stop() {
  if (!succeeded_) manager_.stopping();
  log_->info("stopping");
  // What the one before still finishes ends, too. It is the parent as long as it lives.
  if (options_.predecessor && announced_ && ::getppid() == options_.predecessor_pid) ::kill(options_.predecessor_pid, SIGINT);
  phase_ = Phase::stopping;
  deadline_ = now() + stop_grace;
  end_all(Command::stop);
}

void Supervisor::end_all(Command command) noexcept {
  if (reload_) reload_->abandon();
  if (upgrade_ && !succeeded_) upgrade_->end();
  for (auto* clients : {&want_verdict_, &await_verdict_, &await_upgrade_}) answer(*clients, {{"ok", false}, {"error", "the server ends"}});
  for (Deployment* deployment : deployments()) {
    deployment->generation().close();
    // Where another launcher has the same listeners, they are not closed, and what is here goes there.
    deployment->generation().send(others_serve_on() ? Command::retire : command);
  }
}

void Supervisor::keep_deadlines() {
  if (grace_until_ && now() >= *grace_until_ && phase_ == Phase::running) begin_drain();
  const bool all = deadline_ && now() >= *deadline_;
  if (all) {
    deadline_.reset();
    phase_ = Phase::killing;
  }
  for (Deployment* deployment : deployments()) {
    for (auto& worker : deployment->generation().workers()) {
      if ((all && worker.alive()) || worker.is_overdue(now())) kill(worker);
    }
  }
}

void Supervisor::kill(const WorkerHandle& worker) {
  log_->warning("worker did not end in time and is killed", {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
  ::kill(worker.pid(), SIGKILL);
}

}  // namespace ropeway::launcher
