// The supervisor's part that changes what runs: another configuration, another program.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <ropeway/json_document.hpp>

#include "core/src/config/change.hpp"
#include "core/src/config/loader.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/log_files.hpp"
#include "launcher/src/status.hpp"
#include "launcher/src/supervisor.hpp"

namespace ropeway::launcher {

// ---- reload -------------------------------------------------------------------------------------------------------------------------

// Before there is anything to be taken back.
void Supervisor::refuse_reload(const std::string& reason) {
  log_->error("reload: the new configuration is refused, and the old one serves on",
              {{"file", std::string_view(options_.file)}, {"reason", std::string_view(reason)}});
  const nlohmann::json verdict{{"state", "refused"}, {"reason", options_.file + ": " + reason}, {"report", ""}};
  answer(await_verdict_, {{"ok", false}, {"reload", verdict}});
  tell_ready();
}

void Supervisor::begin_reload() {
  reload_wanted_ = false;
  manager_.reloading();
  await_verdict_ = std::exchange(want_verdict_, {});
  // By name, since the folder that had it may have been replaced.
  if (::chdir(options_.invocation.directory.c_str()) != 0)
    return refuse_reload(options_.invocation.directory + ": " + std::strerror(errno));
  struct stat status{};
  if (::stat(options_.file.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return refuse_reload("it is no regular file");
  config::FileText read = config::read_text(options_.file);
  if (read.error != 0) return refuse_reload(std::strerror(read.error));
  const auto make = [this](ConfigSource source, Plan plan) {
    Workforce force = Deployment::force_of(plan);
    if (force.processes == 0) throw std::runtime_error(config::needs_restart("processes"));  // the check has seen to it
    prepare_log_files(plan.log, plan.identity);
    if (const std::string warning = warning_of(plan.identity); !warning.empty()) log_->warning(warning);
    // Those that the load has asked for so far, it asks for still.
    if (plan.scales) force.processes = std::clamp(current_->generation().wanted(), force.processes, force.most);
    auto made =
        Deployment::make(current_->generation().number() + 1, std::move(source), std::move(plan), std::move(force),
                         *options_.register_handlers, options_.hand_over, current_->setup()->shared, current_->setup()->listeners.get());
    use_keeper(*made);
    made->setup()->scoreboard.ending() = grace_until_.has_value();
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
  if (reload_wanted_ && may_change_workers()) begin_reload();
}

// Whether nothing is about to.
bool Supervisor::may_change_workers() const noexcept {
  return !grace_until_ && !reload_ && !upgrade_ && retired_.empty() && recycler_.is_idle() && current_->generation().was_ready();
}

void Supervisor::recycle() {
  if (phase_ != Phase::running || reload_ || upgrade_) return;
  recycler_.advance(*current_, now(), may_change_workers() && !reload_wanted_ && !upgrade_wanted_, *log_);
}

void Supervisor::follow_load() {
  if (!current_->plan().scales || phase_ != Phase::running || reload_ || now() < next_scaling_ || !announced_) return;
  next_scaling_ = now() + Scaler::look_interval;
  const auto share = busy_meter_.measure(*current_, now());
  if (!share) return;
  const Generation& generation = current_->generation();
  const unsigned wanted = scaler_.note(*share, generation.wanted(), current_->force().least, generation.most(), now());
  if (wanted != generation.wanted()) scale(wanted, "busy " + std::to_string(std::lround(scaler_.share() * 100)) + " %");
}

void Supervisor::scale(unsigned processes, std::string_view reason) {
  log_->info("scaled",
             {{"processes", std::int64_t{processes}}, {"before", std::int64_t{current_->generation().wanted()}}, {"reason", reason}});
  current_->generation().scale(processes, now(), now() + current_->plan().drain + drain_slack);
  director_.look_soon();
}

std::string Supervisor::scale_to(std::int64_t processes) {
  const unsigned most = current_->generation().most();
  if (phase_ != Phase::running || grace_until_ || succeeded_) return "the server ends";
  if (reload_) return "a reload is in progress; ask again when it is done";
  if (processes < 1 || processes > most) {
    std::string text = "found " + std::to_string(processes) + ", expected a number from 1 to " + std::to_string(most);
    if (processes > most) text += R"(; for more, reload with "processes": {"min": 1, "max": )" + std::to_string(processes) + "}";
    return text;
  }
  const auto wanted = static_cast<unsigned>(processes);
  if (wanted != current_->generation().wanted()) scale(wanted, "asked for");
  return {};
}

void Supervisor::scale_by(int difference) {
  const std::string error = scale_to(std::int64_t{current_->generation().wanted()} + difference);
  if (!error.empty()) log_->warning("the number of workers stays as it is", {{"reason", std::string_view(error)}});
}

void Supervisor::end_reload() {
  const nlohmann::json verdict = verdict_of(*reload_);
  auto incoming = reload_->take_incoming();
  const bool done = reload_->state() == Reload::State::done;
  reload_.reset();
  if (done) std::swap(current_, incoming);
  if (incoming) {
    // No old worker accepts any more. Addresses that are gone are closed, and what waits there is served by the new ones.
    if (done) incoming->setup()->listeners->close_but(*current_->setup()->listeners, options_.hand_over.give);
    director_.set_listeners(*current_->setup()->listeners);
    retired_.push_back(std::move(incoming));
  }
  if (done) {
    log_->info("reload: done", {{"generation", std::int64_t{current_->generation().number()}},
                                {"processes", std::int64_t{current_->generation().wanted()}},
                                {"threads", std::int64_t{current_->force().threads}}});
  }
  answer(await_verdict_, {{"ok", done}, {"reload", verdict}});
  tell_ready();
  if (!done) return;
  reopen_log();
  move_pid_file();
  open_control();
}

// As the new configuration has it.
void Supervisor::reopen_log() {
  try {
    auto opened = open_log_for(current_->plan(), "launcher");
    log_->flush();
    log_ = std::move(opened);
  } catch (const std::exception& error) {
    log_->error("the log cannot be opened; the old one stays in use", {{"reason", std::string_view(error.what())}});
  }
}

// To where the new configuration has it.
void Supervisor::move_pid_file() {
  std::unique_ptr<PidFile>& file = options_.pid_file;
  const std::string& path = current_->plan().pid_file;
  if (path.empty()) return file.reset();
  if (file && file->path() == path && file->is_there()) return;
  try {
    file = std::make_unique<PidFile>(path);
  } catch (const std::exception& error) {
    log_->error("there is no new pid file; one that was there stays", {{"reason", std::string_view(error.what())}});
  }
}

void Supervisor::bury_retired() {
  std::erase_if(retired_, [](const auto& deployment) { return deployment->generation().none_alive(); });
}

// ---- upgrade ------------------------------------------------------------------------------------------------------------------------

void Supervisor::begin_upgrade() {
  upgrade_wanted_ = false;
  if (::getpid() == 1) return refuse_upgrade("this is process 1, with which the container would end; start a new container instead");
  Inheritance inheritance;
  inheritance.launcher = ::getpid();
  inheritance.generation = current_->generation().number();
  inheritance.processes = current_->generation().wanted();
  inheritance.listeners = current_->setup()->listeners->to_pass_on();
  inheritance.activated = current_->setup()->listeners->activated_to_pass_on();
  inheritance.give = options_.hand_over.give;
  inheritance.take = options_.hand_over.take;
  inheritance.shared = current_->setup()->shared->descriptor();
  inheritance.bell = current_->setup()->shared->bell();
  if (control_) {
    inheritance.control = control_->listener();
    inheritance.control_path = control_->path();
    inheritance.control_device = control_->device();
    inheritance.control_inode = control_->inode();
  }
  if (options_.pid_file) {
    inheritance.pid_file = options_.pid_file->descriptor();
    inheritance.pid_file_path = options_.pid_file->path();
  }
  try {
    log_->flush();
    upgrade_.emplace(options_.invocation, std::move(inheritance), now() + current_->plan().canary.start);
    log_->info("upgrade: the program is executed anew",
               {{"program", std::string_view(options_.invocation.arguments.front())}, {"pid", std::int64_t{upgrade_->pid()}}});
  } catch (const std::exception& error) { refuse_upgrade(error.what()); }
}

void Supervisor::advance_upgrade() {
  if (succeeded_ && !has_left_) {
    const auto& workers = current_->generation().workers();
    has_left_ = now() >= *leaves_until_ || std::ranges::all_of(workers, [](const auto& worker) { return worker.has_left(); });
    if (has_left_) upgrade_->tell_left();
  }
  if (phase_ != Phase::running) return;
  if (upgrade_ && upgrade_->is_ready()) return give_way();
  if (upgrade_ && now() >= upgrade_->deadline()) {
    log_->error("upgrade: the new program is not ready within canary.start, and is ended");
    upgrade_->end();
    upgrade_->extend(now() + current_->plan().drain + drain_slack);
  }
  if (upgrade_wanted_ && may_change_workers()) begin_upgrade();
}

void Supervisor::refuse_upgrade(const std::string& reason) {
  log_->error("upgrade: failed; the old program serves on", {{"reason", std::string_view(reason)}});
  answer(await_upgrade_, {{"ok", false}, {"upgrade", {{"state", "failed"}, {"reason", reason}, {"pid", 0}}}});
  director_.look_soon();
}

// The new one is ready. Here, requests that run are finished; connections go to the new one's workers, over the channel that is theirs, too.
void Supervisor::give_way() {
  log_->info("upgrade: done; this process finishes what it has", {{"pid", std::int64_t{upgrade_->pid()}}});
  answer(await_upgrade_, {{"ok", true}, {"upgrade", {{"state", "done"}, {"reason", ""}, {"pid", upgrade_->pid()}}}});
  succeeded_ = true;
  manager_.hand_to(upgrade_->pid());
  // A reload that was asked for meanwhile is the new one's: whoever waits for it has to ask that one.
  const std::string ask = "another program has taken this one's place meanwhile, and reads its configuration again; ask that one";
  answer(want_verdict_, {{"ok", false}, {"error", ask}});
  tell_successor();
  current_->setup()->listeners->own_files(false);
  if (control_) control_->leave();
  leaves_until_ = now() + Reload::leave_patience;
  begin_drain();
}

void Supervisor::tell_successor() {
  if (std::exchange(reload_wanted_, false)) upgrade_->signal(SIGHUP);
  if (std::exchange(reopened_meanwhile_, false)) upgrade_->signal(SIGUSR1);
}

// Nobody serves any more, and nobody shall wait in vain, nor a new server for the addresses. One that has ended in good order has seen to
// that itself, or has given way to another.
void Supervisor::successor_ended(int status) {
  upgrade_->has_ended();
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success) return;
  log_->error("the program that had taken this one's place " + describe_end(status) + "; nobody serves now");
  current_->setup()->listeners->close();
}

bool Supervisor::others_serve_on() const noexcept { return succeeded_ || (options_.predecessor && !announced_); }

// Every worker is ready: if there is a launcher whose place this one takes, it may go now.
void Supervisor::take_place() {
  if (!options_.predecessor) return;
  current_->setup()->listeners->own_files(true);
  if (control_) control_->own();
  if (options_.control) options_.control->own();  // of another path: its file ends with it
  options_.control.reset();
  if (options_.pid_file) {
    try {
      options_.pid_file->publish();
    } catch (const std::exception& error) {
      log_->error("the pid file has the number of the program before", {{"reason", std::string_view(error.what())}});
    }
  }
  const char byte = 'R';
  (void)write_all(options_.predecessor.get(), &byte, 1);
}

void Supervisor::watch_predecessor() {
  char byte = 0;
  if (!options_.predecessor) return;
  const ssize_t size = ::read(options_.predecessor.get(), &byte, 1);
  if (size < 0) return;
  // It accepts no more. Its addresses that this one does not have are closed, and what waits there is served here.
  if (options_.listeners && announced_) options_.listeners->close_but(*current_->setup()->listeners, options_.hand_over.give);
  options_.listeners.reset();
  if (size > 0) return;
  options_.predecessor.close();
  // What it has said of steering may have been the last word.
  director_.set_listeners(*current_->setup()->listeners);
}

}  // namespace ropeway::launcher
