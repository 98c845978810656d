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
#include <utility>

#include <nlohmann/json.hpp>

#include "core/src/config/loader.hpp"
#include "launcher/src/control_path.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/log_files.hpp"
#include "launcher/src/status.hpp"

namespace ropeway::launcher {
namespace {

using observability::WorkerRow;
using observability::WorkerState;

// After a fast stop there is nothing to wait for but a handler that does not return.
constexpr std::chrono::seconds stop_grace{2};
constexpr int last_words_patience_ms = 100;  // for a client of the control socket that does not read

std::int64_t field(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

}  // namespace

Supervisor::Supervisor(Options options, std::unique_ptr<Deployment> first, std::unique_ptr<observability::LogSink> log)
    : options_(std::move(options)),
      log_(std::move(log)),
      signals_(options_.file.empty() ? Role::fixed_supervisor : Role::supervisor),
      current_(std::move(first)),
      director_(*current_->setup()->listeners) {
  open_control();
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
    advance_reload();
    watch_workers();
    direct_connections();
    keep_deadlines();
    bury_retired();
  }
  if (control_) control_->finish(last_words_patience_ms);
  log_->info("stopped", {{"exit_code", std::int64_t{exit_code_}}});
  log_->flush();
  return exit_code_;
}

std::optional<WorkerSeat> Supervisor::start_due() {
  for (Deployment* deployment : deployments()) {
    while (WorkerHandle* worker = deployment->generation().due(now())) {
      if (auto seat = start(*deployment, *worker)) return seat;
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
  if (reload_) {
    no_later_than(reload_->next_step(now()));
    if (const CheckProcess* check = reload_->check()) {
      for (const int descriptor : check->descriptors()) watched.push_back({descriptor, POLLIN, 0});
    }
  }
  if (control_) control_->add_to(watched);
  if (phase_ == Phase::running) no_later_than(director_.next_look());
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
    case SignalAction::reload: reload_wanted_ = true; break;
    case SignalAction::reopen:
      if (const std::string error = log_->reopen(); !error.empty()) {
        log_->error("the log cannot be opened again; the old file stays in use", {{"reason", std::string_view(error)}});
      }
      for (Deployment* deployment : deployments()) deployment->generation().send(Command::reopen);
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
      log_->info("worker ready", {{"worker", std::int64_t{worker.slot()}},
                                  {"pid", std::int64_t{worker.pid()}},
                                  {"generation", std::int64_t{deployment->generation().number()}}});
    }
  }
  if (announced_ || phase_ != Phase::running || !current_->generation().all_ready()) return;
  announced_ = true;
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

bool Supervisor::is_planned(int status) const noexcept {
  return phase_ != Phase::running || (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success);
}

void Supervisor::report_end(Deployment& deployment, const WorkerHandle& worker, int status) {
  const WorkerRow& row = deployment.row(worker);
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

void Supervisor::watch_workers() {
  const bool looks = phase_ == Phase::running && now() >= director_.next_look();
  for (Deployment* deployment : deployments()) {
    deployment->open_routes(now(), *log_);
    if (looks) deployment->watch_loops(now(), *log_);
  }
}

void Supervisor::direct_connections() {
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

// ---- control ------------------------------------------------------------------------------------------------------------------------

// An automatic place is a convenience, and no reason not to serve.
void Supervisor::open_control() {
  std::string path = current_->plan().control;
  const bool automatic = path == "auto";
  if (automatic) path = options_.file.empty() ? std::string() : automatic_control_path(options_.file, options_.directory);
  if (control_ && control_->path() == path) return;
  try {
    if (automatic && !path.empty()) make_control_folder(path);
    control_ = path.empty() ? nullptr : std::make_unique<ControlSocket>(path);
    want_verdict_.clear();  // were clients of another one
  } catch (const std::exception& error) {
    if (!automatic && !announced_) throw;
    log_->warning("there is no control socket, so `ropeway status` and the like do not work",
                  {{"path", std::string_view(path)}, {"reason", std::string_view(error.what())}});
  }
}

void Supervisor::obey_clients() {
  if (!control_) return;
  for (const ControlSocket::Request& request : control_->take()) obey(request);
}

void Supervisor::obey(const ControlSocket::Request& request) {
  using nlohmann::json;
  const json asked = json::parse(request.line, nullptr, false);
  const json command = asked.is_object() ? asked.value("command", json()) : json();
  const auto flag = [&asked](const char* name) { return asked.value(name, json()) == json(true); };
  if (command == "status") {
    const json status = status_of(deployments(), director_.steering(), reload_ ? &*reload_ : nullptr, now());
    return answer(request.client, {{"ok", true}, {"status", status}});
  }
  if (command == "reload" && phase_ == Phase::running) {
    reload_wanted_ = true;
    if (flag("wait")) return want_verdict_.push_back(request.client);
  } else if (command == "reopen") {
    obey(SignalAction::reopen);
  } else if (command == "stop") {
    obey(flag("fast") ? SignalAction::stop : SignalAction::drain);
  } else {
    const char* error = command == "reload" ? "the server ends" : "no such command; there are status, reload, reopen and stop";
    return answer(request.client, {{"ok", false}, {"error", error}});
  }
  answer(request.client, {{"ok", true}});
}

void Supervisor::answer(ControlSocket::Client client, const nlohmann::json& line) {
  if (control_) control_->answer(client, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Supervisor::answer(std::vector<ControlSocket::Client>& clients, const nlohmann::json& line) {
  for (const auto client : std::exchange(clients, {})) answer(client, line);
}

// ---- reload -------------------------------------------------------------------------------------------------------------------------

// Before there is anything to be taken back.
void Supervisor::refuse_reload(const std::string& reason) {
  log_->error("reload: the new configuration is refused, and the old one serves on",
              {{"file", std::string_view(options_.file)}, {"reason", std::string_view(reason)}});
  const nlohmann::json verdict{{"state", "refused"}, {"reason", options_.file + ": " + reason}, {"report", ""}};
  answer(await_verdict_, {{"ok", false}, {"reload", verdict}});
}

void Supervisor::begin_reload() {
  reload_wanted_ = false;
  await_verdict_ = std::exchange(want_verdict_, {});
  // By name, since the folder that had it may have been replaced.
  if (::chdir(options_.directory.c_str()) != 0) return refuse_reload(options_.directory + ": " + std::strerror(errno));
  config::FileText read = config::read_text(options_.file);
  if (read.error != 0) return refuse_reload(std::strerror(read.error));
  const auto make = [this](ConfigSource source, Plan plan) {
    Workforce force = workforce(plan.processes, plan.threads, cpu_budget(affinity_cpus()));
    if (force.processes == 0) throw std::runtime_error("processes: 0, no supervisor, needs a restart");
    auto made = Deployment::make(std::move(source), std::move(plan), std::move(force), *options_.register_handlers, options_.hand_over,
                                 current_.get());
    director_.set_listeners(*made->setup()->listeners);
    for (const auto& address : made->setup()->listeners->addresses())
      log_->info("listening", {{"address", std::string_view(address.url())}});
    return made;
  };
  try {
    log_->flush();
    reload_.emplace(ConfigSource{options_.file, std::move(read.text)}, *options_.register_handlers, *current_, make, *log_, now());
  } catch (const std::exception& error) { refuse_reload(error.what()); }
}

void Supervisor::advance_reload() {
  if (phase_ != Phase::running) return;
  if (reload_) {
    reload_->advance(now());
    if (reload_->has_ended()) end_reload();
  }
  // Workers of several old configurations at once would be without a bound.
  if (reload_wanted_ && !reload_ && retired_.empty() && current_->generation().was_ready()) begin_reload();
}

void Supervisor::end_reload() {
  answer(await_verdict_, {{"ok", reload_->state() == Reload::State::done}, {"reload", verdict_of(*reload_)}});
  auto incoming = reload_->take_incoming();
  const bool done = reload_->state() == Reload::State::done;
  reload_.reset();
  if (done) std::swap(current_, incoming);
  if (incoming) {
    director_.set_listeners(*current_->setup()->listeners);
    retired_.push_back(std::move(incoming));
  }
  if (!done) return;
  reopen_log();
  open_control();
}

// As the new configuration has it.
void Supervisor::reopen_log() {
  try {
    auto opened = open_log(current_->plan().log, "launcher", false);
    log_->flush();
    log_ = std::move(opened);
  } catch (const std::exception& error) {
    log_->error("the log cannot be opened; the old one stays in use", {{"reason", std::string_view(error.what())}});
  }
}

void Supervisor::bury_retired() {
  std::erase_if(retired_, [](const auto& deployment) { return deployment->generation().none_alive(); });
}

// ---- the end ------------------------------------------------------------------------------------------------------------------------

void Supervisor::give_up(int exit_code) noexcept {
  exit_code_ = exit_code;
  begin_stop();
}

void Supervisor::begin_drain() {
  log_->info("draining", {{"deadline_ms", std::int64_t{current_->plan().drain.count()}}});
  phase_ = Phase::draining;
  deadline_ = now() + current_->plan().drain + drain_slack;
  end_all(Command::drain);
}

void Supervisor::begin_stop() {
  log_->info("stopping");
  phase_ = Phase::stopping;
  deadline_ = now() + stop_grace;
  end_all(Command::stop);
}

void Supervisor::end_all(Command command) noexcept {
  if (reload_) reload_->abandon();
  for (auto* clients : {&want_verdict_, &await_verdict_}) answer(*clients, {{"ok", false}, {"error", "the server ends"}});
  for (Deployment* deployment : deployments()) {
    deployment->generation().close();
    deployment->generation().send(command);
  }
}

void Supervisor::keep_deadlines() {
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
