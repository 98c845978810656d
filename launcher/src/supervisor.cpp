#include "launcher/src/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "launcher/src/black_box.hpp"
#include "launcher/src/exit_code.hpp"

namespace ropeway::launcher {
namespace {

using observability::WorkerRow;
using observability::WorkerState;

// A worker keeps the drain's deadline itself and closes what is left in good order; this is for one that hangs.
constexpr std::chrono::milliseconds drain_slack{500};
// After a fast stop there is nothing to wait for but a handler that does not return.
constexpr std::chrono::seconds stop_grace{2};
// How often the workers' load and loops are looked at, which is a look at shared memory: while connections come in, and while none does.
constexpr std::chrono::milliseconds look_interval{250};
constexpr std::chrono::milliseconds quiet_look_interval{500};

std::int64_t field(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

std::chrono::milliseconds milliseconds_of(WorkerHandle::Time time) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
}

void clear(WorkerRow& row) noexcept {
  row.turned = 0;
  row.connections = 0;
  row.accepted = 0;
  row.requests = 0;
  row.in_flight = 0;
}

}  // namespace

Supervisor::Supervisor(Options options, std::unique_ptr<observability::LogSink> log)
    : options_(std::move(options)),
      log_(std::move(log)),
      signals_(Role::supervisor),
      generation_(1, options_.workers, now()),
      steering_(options_.listener_groups),
      stall_watch_(options_.stall.warn, options_.threads, options_.routes, *options_.scoreboard, *log_),
      quarantine_(options_.quarantine, options_.routes.size()) {}

Supervisor::Outcome Supervisor::run() {
  for (;;) {
    if (auto seat = start_due()) return std::move(*seat);
    if (generation_.none_alive() && (phase_ != Phase::running || !generation_.next_start())) break;
    wait();
    for (const SignalAction action : signals_.take()) obey(action);
    read_words();  // before the dead are buried: one that was ready and died was ready
    reap();
    watch_loops();
    open_routes();
    direct_connections();
    keep_deadline();
  }
  log_->info("stopped", {{"exit_code", std::int64_t{exit_code_}}});
  log_->flush();
  return exit_code_;
}

std::optional<WorkerSeat> Supervisor::start_due() {
  while (WorkerHandle* worker = generation_.due(now())) {
    if (auto seat = start(*worker)) return seat;
  }
  return std::nullopt;
}

std::optional<WorkerSeat> Supervisor::start(WorkerHandle& worker) {
  WorkerRow& row = (*options_.scoreboard)[worker.slot()];
  clear(row);
  for (observability::ThreadSlot& slot : options_.scoreboard->threads(worker.slot())) slot.end();
  options_.scoreboard->crash(worker.slot()).signal = 0;
  row.generation = generation_.number();
  row.state = WorkerState::starting;
  try {
    Pipe commands = make_pipe();
    Pipe words = make_pipe();
    ::fcntl(commands.read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(commands.write.get(), F_SETFL, O_NONBLOCK);  // a worker that hangs must not make its supervisor hang
    const pid_t supervisor = ::getpid();
    log_->flush();
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) return WorkerSeat{worker.slot(), supervisor, std::move(commands.read), std::move(words.write)};
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    row.pid = child;
    worker.started(child, std::move(commands.write), std::move(words.read), now());
    log_->debug("worker started", {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{child}}});
  } catch (const std::system_error& error) {
    row.state = WorkerState::gone;
    worker.could_not_start(now());
    log_->error("a worker cannot be started", {{"worker", std::int64_t{worker.slot()}}, {"reason", std::string_view(error.what())}});
    if (generation_.stillborn()) give_up(exit_code::failure);
  }
  return std::nullopt;
}

void Supervisor::wait() {
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}};
  for (const auto& worker : generation_.workers()) {
    if (worker.words_descriptor() >= 0) watched.push_back({worker.words_descriptor(), POLLIN, 0});
  }
  std::optional<Time> until = deadline_;
  const auto no_later_than = [&until](Time time) {
    if (!until || time < *until) until = time;
  };
  if (const auto next = generation_.next_start()) no_later_than(*next);
  if (phase_ == Phase::running) no_later_than(next_look_);
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
      if (phase_ == Phase::running) begin_drain();
      break;
    case SignalAction::stop:
      if (phase_ == Phase::running || phase_ == Phase::draining) begin_stop();
      break;
    case SignalAction::reopen:
      if (const std::string error = log_->reopen(); !error.empty()) {
        log_->error("the log cannot be opened again; the old file stays in use", {{"reason", std::string_view(error)}});
      }
      generation_.send(Command::reopen);
      break;
    case SignalAction::reap:  // `reap` runs after every wait
    case SignalAction::none: break;
  }
}

void Supervisor::read_words() {
  for (auto& worker : generation_.workers()) {
    if (worker.words_descriptor() < 0 || !worker.read_words()) continue;
    generation_.became_ready();
    log_->info("worker ready", {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
  }
  if (announced_ || phase_ != Phase::running || !generation_.all_ready()) return;
  announced_ = true;
  if (options_.on_ready) options_.on_ready();
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid <= 0) return;
    WorkerHandle* worker = generation_.find(pid);
    if (worker == nullptr) {  // as process 1 of a container, orphans of others come here too
      log_->debug("a process that is no worker has ended", {{"pid", std::int64_t{pid}}});
      continue;
    }
    if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
      stopped_or_continued(*worker, status);
    } else {
      ended(*worker, status);
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

void Supervisor::ended(WorkerHandle& worker, int status) {
  report_end(worker, status);
  if (!is_planned(status)) {
    report_activity(worker);
    close_route_of(worker);
  }
  WorkerRow& row = (*options_.scoreboard)[worker.slot()];
  row.state = WorkerState::gone;
  row.pid = 0;
  worker.ended(now(), is_planned(status));
  generation_.one_ended(now());
  if (phase_ != Phase::running) {
    worker.no_next_start();
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::worker_configuration && !generation_.was_ready()) {
    log_->error("a worker cannot use the configuration; a replacement could not either");
    give_up(exit_code::usage);
  } else if (generation_.stillborn()) {
    log_->error("no worker became ready; what they share is at fault, so none is started again");
    give_up(exit_code::failure);
  }
}

bool Supervisor::is_planned(int status) const noexcept {
  return phase_ != Phase::running || (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success);
}

// A worker none of whose threads comes back to its event loop accepts nothing and answers nothing.
void Supervisor::watch_loops() {
  if (phase_ != Phase::running || now() < next_look_) return;
  const auto moment = milliseconds_of(now());
  for (auto& worker : generation_.workers()) {
    if (worker.state() != WorkerHandle::State::ready || worker.is_stopped()) continue;
    stall_watch_.look(worker.slot(), worker.pid(), moment);
    const WorkerRow& row = (*options_.scoreboard)[worker.slot()];
    const LoopState state = loop_state(row, options_.stall, moment);
    if (state == LoopState::hopeless) {
      log_->error("worker " + std::to_string(worker.slot()) + " has not come back to its event loop for stall.kill, and is killed",
                  {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
      ::kill(worker.pid(), SIGKILL);
    }
    const bool stalled = state != LoopState::turns;
    if (stalled == worker.is_stalled()) continue;
    worker.set_stalled(stalled);
    const std::string message = "worker " + std::to_string(worker.slot()) +
                                (stalled ? " is held by handlers; the others accept new connections until it goes on" : " goes on");
    log_->warning(message, {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
  }
}

// Sees to it that every new connection finds somebody: the queue of a worker that does not accept is served by its siblings, and as few
// connections as possible come into it.
void Supervisor::direct_connections() {
  bool changed = false;
  std::vector<SlotLoad> loads;
  std::uint64_t accepted = 0;
  for (const auto& worker : generation_.workers()) {
    WorkerRow& row = (*options_.scoreboard)[worker.slot()];
    // When the whole server drains, each sees to its own queue, and to those of the ones that cannot.
    // At the start all are about to be ready: a thousand workers that rescue each other for that moment would only make it long.
    const bool rescued = phase_ == Phase::running ? !worker.accepts() && !worker.begins(now())
                                                  : !worker.alive() || worker.is_stopped() || worker.is_stalled();
    changed = row.rescued.exchange(rescued) != rescued || changed;
    loads.push_back({worker.accepts(), row.connections});
    accepted += row.accepted;
  }
  if (changed) generation_.send(Command::rescue);
  if (phase_ != Phase::running || (!changed && now() < next_look_)) return;
  if (now() >= next_look_) next_look_ = now() + (accepted == seen_ ? quiet_look_interval : look_interval);
  seen_ = accepted;
  if (const int error = steering_.steer(weights_of(loads)); error != 0) {
    log_->warning("the kernel does not let new connections be steered; siblings still serve the queue of a worker that does not",
                  {{"error", std::string_view(std::strerror(error))}});
  }
}

void Supervisor::report_end(WorkerHandle& worker, int status) {
  const WorkerRow& row = (*options_.scoreboard)[worker.slot()];
  const LogLevel level = is_planned(status) ? LogLevel::info : LogLevel::error;
  if (!log_->enabled(level)) return;
  const std::string message = "worker " + std::to_string(worker.slot()) + " " + describe_end(status);
  log_->log(level, message,
            {{"worker", std::int64_t{worker.slot()}},
             {"pid", std::int64_t{worker.pid()}},
             {"age_seconds", std::chrono::duration<double>(worker.age(now())).count()},
             {"requests", field(row.requests)},
             {"in_flight", field(row.in_flight)},
             {"connections", field(row.connections)}});
}

// The black box: what the threads of a worker that died were doing. A request that is named here was lost, or is the reason.
void Supervisor::report_activity(WorkerHandle& worker) {
  const observability::StackRecord& crash = options_.scoreboard->crash(worker.slot());
  const bool recorded = crash.signal != 0;
  const auto threads = options_.scoreboard->threads(worker.slot());
  const auto moment = milliseconds_of(now());
  for (std::size_t thread = 0; thread < threads.size(); ++thread) {
    const auto since = threads[thread].since();
    if (since.count() == observability::ThreadSlot::idle) continue;
    const ActivityNames names = names_of(threads[thread].activity(), options_.routes);
    const std::string message = "worker " + std::to_string(worker.slot()) +
                                (recorded && crash.thread == thread ? " died in a handler" : " was inside a handler when it died");
    log_->error(message, {{"worker", std::int64_t{worker.slot()}},
                          {"thread", static_cast<std::int64_t>(thread)},
                          {"request", std::string_view(names.request)},
                          {"route", std::string_view(names.route)},
                          {"handler", std::string_view(names.handler)},
                          {"since_ms", std::max<std::int64_t>(0, (moment - since).count())}});
  }
  if (!recorded) return;
  const std::string frames = stack_of(crash);
  char address[24];
  std::snprintf(address, sizeof address, "0x%llx", static_cast<unsigned long long>(crash.address));
  const std::string message = "backtrace of worker " + std::to_string(worker.slot());
  log_->error(message,
              {{"worker", std::int64_t{worker.slot()}}, {"address", std::string_view(address)}, {"frames", std::string_view(frames)}});
}

// Only a death that is surely a handler's own counts: by a signal of the thread that was inside it. A SIGKILL comes from elsewhere.
void Supervisor::close_route_of(WorkerHandle& worker) {
  const observability::StackRecord& crash = options_.scoreboard->crash(worker.slot());
  const auto threads = options_.scoreboard->threads(worker.slot());
  if (crash.signal == 0 || crash.thread >= threads.size()) return;
  const observability::ThreadSlot& thread = threads[crash.thread];
  if (thread.since().count() == observability::ThreadSlot::idle) return;
  const std::uint32_t route = thread.activity().route();
  if (!quarantine_.crashed(route, now())) return;
  options_.scoreboard->closed_routes()[route] = true;
  const Plan::Route& closed = options_.routes[route];
  log_->error("a route is closed (503), because workers died in its handler again and again",
              {{"route", std::string_view(closed.match)},
               {"handler", std::string_view(closed.handler)},
               {"crashes", field(options_.quarantine.crashes)},
               {"for_ms", options_.quarantine.release.count()}});
}

void Supervisor::open_routes() {
  while (const auto route = quarantine_.released(now())) {
    options_.scoreboard->closed_routes()[*route] = false;
    log_->warning("a route that was closed is open again", {{"route", std::string_view(options_.routes[*route].match)}});
  }
}

void Supervisor::give_up(int exit_code) noexcept {
  exit_code_ = exit_code;
  begin_stop();
}

void Supervisor::begin_drain() {
  log_->info("draining", {{"deadline_ms", std::int64_t{options_.drain.count()}}});
  phase_ = Phase::draining;
  deadline_ = now() + options_.drain + drain_slack;
  generation_.close();
  generation_.send(Command::drain);
}

void Supervisor::begin_stop() {
  log_->info("stopping");
  phase_ = Phase::stopping;
  deadline_ = now() + stop_grace;
  generation_.close();
  generation_.send(Command::stop);
}

void Supervisor::keep_deadline() {
  if (!deadline_ || now() < *deadline_) return;
  deadline_.reset();
  phase_ = Phase::killing;
  for (const auto& worker : generation_.workers()) {
    if (!worker.alive()) continue;
    log_->warning("worker did not end in time and is killed",
                  {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
    ::kill(worker.pid(), SIGKILL);
  }
}

}  // namespace ropeway::launcher
