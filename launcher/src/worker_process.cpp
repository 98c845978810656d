#include "launcher/src/worker_process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/src/server/worker.hpp"
#include "launcher/src/affinity.hpp"
#include "launcher/src/application.hpp"
#include "launcher/src/black_box.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/fault_injector.hpp"
#include "launcher/src/log_files.hpp"
#include "launcher/src/signals.hpp"
#include "launcher/src/stop_guard.hpp"
#include "launcher/src/symbols.hpp"
#include "launcher/src/worker_handle.hpp"

namespace ropeway::launcher {
namespace {

// A worker and all that it stands on, in the order in which it is made. Both kinds of process are one of these and differ in who
// gives the orders.
class WorkerProcess {
 public:
  /// `seat`: none of a process that is alone.
  WorkerProcess(WorkerSetup& setup, unsigned slot, Role role, const std::string& name, const WorkerSeat* seat = nullptr)
      : setup_(setup),
        slot_(slot),
        row_(setup.scoreboard[slot]),
        alone_(role == Role::alone),
        bind_error_(slot < setup.cpus.size() ? bind_to(setup.cpus[slot]) : 0),
        signals_(role),
        application_(setup.register_handlers, setup.source),
        config_(loaded(application_, setup.source)),
        log_(open_log(config_->log, name)),
        access_log_(open_access_log(config_->log.access)),
        worker_(worker_options(setup.threads)) {
    note_objects(setup.scoreboard.objects(slot));
    if (bind_error_ != 0) {
      log_->warning("the worker cannot be bound to its CPUs (`affinity`), and runs where it may",
                    {{"reason", std::string_view(std::strerror(bind_error_))}});
    }
    std::vector<ConfigError> mistakes;
    worker_.set_site(application_.make_site(*config_, worker_.services(), mistakes));
    if (!mistakes.empty()) throw ConfigError(mistakes.front());
    if (worker_.needs_nursery()) {
      worker_.start_nursery(descriptors(seat), [this] { nursery_lost(); });
    }
    log_->write_in_background();  // a thread: what had to be forked has been
    if (!alone_) {
      worker_.watch(signals_.get(), [this] {
        for (const SignalAction action : signals_.take()) obey(action);
        return true;
      });
    }
    worker_.listen(setup.listeners->of_slot(slot));
    if (!alone_) rescue();
  }

  void ready() {
    row_.state = observability::WorkerState::ready;
    if (alone_)
      guard_.emplace(signals_, config_->timeouts.drain_grace + config_->timeouts.drain, [this](SignalAction action) { obey(action); });
  }

  void converse(const WorkerSeat& seat) {
    words_ = seat.words.get();
    worker_.watch(seat.commands.get(), [this, commands = seat.commands.get()] { return read_commands(commands); });
    say(Word::ready);
  }

  [[nodiscard]] int run() {
    const bool answered_all = worker_.run();
    if (guard_) guard_->finish();
    if (!answered_all && row_.state == observability::WorkerState::draining) {  // a fast stop asks for it
      log_->warning("the drain's deadline cut connections off",
                    {{"connections", static_cast<std::int64_t>(row_.connections.load())},
                     {"in_flight", static_cast<std::int64_t>(setup_.scoreboard.totals(slot_).in_flight)}});
    }
    return exit_code::success;
  }

 private:
  static std::shared_ptr<const config::ServerConfig> loaded(const Application& application, const ConfigSource& source) {
    config::Loaded result = application.load(source);
    if (result.config != nullptr) return std::move(result.config);
    const auto& first = result.diagnostics.front();
    throw ConfigError(first.pointer, first.message);
  }

  server::WorkerOptions worker_options(unsigned threads) {
    server::WorkerOptions options = server::worker_options(*config_);
    options.threads = threads;
    options.log = log_.get();
    options.access_log = access_log_.get();
    options.row = &row_;
    options.ending = &setup_.scoreboard.ending();
    options.shared = setup_.shared.get();
    options.counters = setup_.scoreboard.counters(slot_);
    options.route_counters = setup_.scoreboard.route_counters(slot_);
    if (alone_) return options;  // there is nobody to read what follows, or to write it
    options.slots = setup_.scoreboard.threads(slot_);
    options.closed_routes = setup_.scoreboard.closed_routes();
    options.on_thread = give_signal_stack;
    options.hand_over = setup_.hand_over;
    if (setup_.keeper) {
      options.keep_table = &setup_.keeper->table;
      options.keeper = setup_.keeper->connections.write.get();
    }
    return options;
  }

  // Of those that this process has from its launcher or has made for itself; what handlers have opened is theirs, also in their children.
  [[nodiscard]] std::vector<int> descriptors(const WorkerSeat* seat) const {
    std::vector<int> result{signals_.get(), setup_.hand_over.give, setup_.hand_over.take, setup_.ready_descriptor};
    for (unsigned slot = 0; slot < setup_.listeners->slots(); ++slot) {
      for (const server::ListenDescriptor& listener : setup_.listeners->of_slot(slot)) result.push_back(listener.descriptor);
    }
    if (seat != nullptr) result.insert(result.end(), {seat->commands.get(), seat->words.get()});
    if (setup_.directory) result.push_back(setup_.directory.get());
    if (setup_.keeper) {
      const KeeperSetup& keeper = *setup_.keeper;
      for (const Pipe* pipe : {&keeper.connections, &keeper.deaths}) result.insert(result.end(), {pipe->read.get(), pipe->write.get()});
    }
    std::ranges::sort(result);
    const auto repeated = std::ranges::unique(result);
    result.erase(repeated.begin(), repeated.end());
    std::erase(result, -1);
    return result;
  }

  // A process with threads cannot fork another one. So this worker ends as after a SIGTERM, and its successor has one.
  void nursery_lost() {
    if (row_.state == observability::WorkerState::draining) return;
    if (alone_) return log_->error("requests that need a child are answered with 502 until the server is started again");
    log_->warning("the worker ends for that, and another one takes its place");
    drain(false);
  }

  void say(Word word) noexcept {
    const char byte = static_cast<char>(word);
    write_all(words_, &byte, 1);
  }

  // Where the whole server ends, the listeners end with it; a worker that ends alone leaves its own to its siblings.
  void drain(bool whole_server) {
    row_.state = observability::WorkerState::draining;
    if (whole_server) {
      worker_.drain(true);
    } else {
      worker_.drain(false, [this] { say(Word::draining); });
    }
  }

  // Of a process that is alone; the supervisor sees to it otherwise. Says whether there is any; a second signal waits no more.
  bool begin_grace() {
    if (config_->timeouts.drain_grace.count() == 0 || setup_.scoreboard.ending().exchange(true)) return false;
    worker_.drain_after(config_->timeouts.drain_grace);
    return true;
  }

  // Accepts from the listeners of the siblings that do not. Several rescuers see to it that one of them has time.
  void rescue() {
    std::vector<server::ListenDescriptor> listeners;
    for (unsigned other = 0; other < setup_.scoreboard.size(); ++other) {
      if (other == slot_ || !setup_.scoreboard[other].rescued) continue;
      const auto of_other = setup_.listeners->of_slot_alone(other);
      listeners.insert(listeners.end(), of_other.begin(), of_other.end());
    }
    worker_.rescue(listeners);
  }

  void obey(SignalAction action) {
    switch (action) {
      case SignalAction::drain:
        if (alone_ && begin_grace()) break;
        drain(alone_);
        break;
      case SignalAction::stop: worker_.stop(); break;
      case SignalAction::reopen: reopen(*log_, access_log_.get()); break;
      case SignalAction::reload:
      case SignalAction::upgrade:
      case SignalAction::more:
      case SignalAction::fewer:
      case SignalAction::reap:
      case SignalAction::none: break;
    }
  }

  bool read_commands(int descriptor) {
    for (;;) {
      char byte = 0;
      const ssize_t size = ::read(descriptor, &byte, 1);
      if (size == 0) ::_exit(exit_code::failure);  // the supervisor is dead: nobody would replace, drain or stop this worker
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return true;
      switch (static_cast<Command>(byte)) {
        case Command::drain: drain(true); break;
        case Command::retire: drain(false); break;
        case Command::stop: obey(SignalAction::stop); break;
        case Command::reopen: obey(SignalAction::reopen); break;
        case Command::rescue: rescue(); break;
        case Command::fault: faults_.look(); break;
      }
    }
  }

  WorkerSetup& setup_;
  const unsigned slot_;
  observability::WorkerRow& row_;
  const bool alone_;
  const int bind_error_;            // before there are threads, which inherit it
  int words_ = -1;                  // the pipe to the supervisor
  SignalDescriptor signals_;        // first: threads inherit the mask
  std::optional<StopGuard> guard_;  // of a process that is alone; it outlives the worker, whose end waits for handlers
  Application application_;
  std::shared_ptr<const config::ServerConfig> config_;
  std::unique_ptr<observability::LogSink> log_;
  std::unique_ptr<observability::AccessLog> access_log_;
  server::Worker worker_;
  FaultInjector faults_{worker_, setup_.threads, setup_.scoreboard.faults(slot_)};
};

// Runs `serve` and turns what it throws into a sentence and an exit code.
template <class Serve>
int guarded(const ConfigSource& source, int configuration_code, Serve serve) {
  try {
    return serve();
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "%s\n", config::locate(error, source.text, source.file).text().c_str());
    return configuration_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ropeway: the worker cannot go on: %s\n", error.what());
    return exit_code::failure;
  }
}

}  // namespace

WorkerSetup::WorkerSetup(ConfigSource configuration, const Register& handlers, std::shared_ptr<ListenSockets> sockets, const Plan& plan,
                         unsigned io_threads)
    : source(std::move(configuration)),
      register_handlers(handlers),
      listeners(std::move(sockets)),
      identity(plan.identity),
      threads(io_threads),
      scoreboard({listeners->slots(), io_threads, plan.blocking_threads, plan.routes.size()}) {}

int run_worker(WorkerSeat seat) {
  WorkerSetup& setup = *seat.setup;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != seat.supervisor) return exit_code::failure;  // it died before it could be watched
  if (setup.directory && ::fchdir(setup.directory.get()) != 0) {
    std::fprintf(stderr, "ropeway: the worker cannot go to its working directory: %s\n", std::strerror(errno));
    return exit_code::failure;
  }
  return guarded(setup.source, exit_code::worker_configuration, [&] {
    if (setup.identity) assume(*setup.identity);
    keep_crash_record(setup.scoreboard.crash(seat.slot), setup.scoreboard.threads(seat.slot));
    answer_stack_signal(setup.scoreboard.stall(seat.slot));
    WorkerProcess process(setup, seat.slot, Role::worker, "worker " + std::to_string(seat.slot), &seat);
    process.ready();
    process.converse(seat);
    return process.run();
  });
}

int run_alone(WorkerSetup& setup, const std::function<void()>& on_ready) {
  return guarded(setup.source, exit_code::usage, [&] {
    if (setup.identity) assume(*setup.identity);
    setup.scoreboard[0].pid = ::getpid();
    WorkerProcess process(setup, 0, Role::alone, "server");
    process.ready();
    if (on_ready) on_ready();
    return process.run();
  });
}

}  // namespace ropeway::launcher
