#include "launcher/src/service.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "core/src/config/change.hpp"
#include "launcher/src/affinity.hpp"
#include "launcher/src/check.hpp"
#include "launcher/src/control_path.hpp"
#include "launcher/src/development.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/inheritance.hpp"
#include "launcher/src/log_files.hpp"
#include "launcher/src/pid_file.hpp"
#include "launcher/src/signals.hpp"
#include "launcher/src/supervisor.hpp"
#include "launcher/src/worker_process.hpp"

namespace ropeway::launcher {
namespace {

// Raises the soft limit of open files to the hard one, which workers inherit; gives the limit.
std::size_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void warn_of_descriptors(observability::LogSink& log, std::size_t limit, std::size_t connections) {
  constexpr std::size_t besides_connections = 64;  // listeners, logs, pipes, the event loop's own
  if (limit >= connections + besides_connections) return;
  log.warning("limits.connections does not fit into the limit of open files; raise that (LimitNOFILE, ulimit -n) or lower this",
              {{"open_files", static_cast<std::int64_t>(limit)}, {"connections", static_cast<std::int64_t>(connections)}});
}

// What happens once, when all is ready. It owns the ready descriptor, so that a worker, which drops it, does not hold that open.
std::function<void()> announcement(const Service& service, std::shared_ptr<const ListenSockets> listeners, const Workforce& force) {
  const auto descriptor = std::make_shared<Descriptor>(service.ready_descriptor);
  return [&service, listeners = std::move(listeners), force, descriptor]() mutable {
    if (service.on_ready) service.on_ready(listeners->addresses(), force);
    std::string lines;
    for (const auto& address : listeners->addresses()) lines += address.url() + "\n";
    if (*descriptor) write_all(descriptor->get(), lines.data(), lines.size());
    descriptor->close();
    listeners.reset();  // a later configuration may do without them
  };
}

// The connections that are on their way from worker to worker: a channel of ours, or that of the launcher whose place this one takes.
Pipe hand_over_channel(const std::optional<Inheritance>& inherited) {
  if (!inherited) return make_message_pipe();
  return {Descriptor(inherited->take), Descriptor(inherited->give)};
}

// What is open before anything is: the listeners of the launcher whose place this one takes, and the sockets that systemd has opened.
std::unique_ptr<ListenSockets> listeners_at_start(const std::optional<Inheritance>& inherited, SocketActivation activation) {
  std::vector<ActivatedSocket>& activated = activation.sockets;
  if (inherited) {
    for (const auto& [descriptor, name] : inherited->activated) activated.push_back(activated_socket(descriptor, name));
  }
  return std::make_unique<ListenSockets>(inherited ? inherited->listeners : std::vector<Inheritance::Listeners>(), std::move(activated));
}

// Ours, or to be: that of the launcher whose place this one takes holds its number until this one is ready.
std::unique_ptr<PidFile> pid_file_at_start(const Plan& plan, const std::optional<Inheritance>& inherited) {
  Descriptor theirs(inherited ? inherited->pid_file : -1);
  if (plan.pid_file.empty()) return nullptr;
  if (theirs && inherited->pid_file_path == plan.pid_file) return std::make_unique<PidFile>(plan.pid_file, std::move(theirs));
  return std::make_unique<PidFile>(plan.pid_file);
}

// Of the launcher whose place this one takes, where it is what this one would make; otherwise it begins anew.
std::shared_ptr<shared::Segment> shared_at_start(const Plan& plan, const std::optional<Inheritance>& inherited, Logger& log) {
  const shared::Sizes sizes = server::sizes_of(plan.shared);
  if (inherited) {
    if (auto taken_over = shared::Segment::take_over(inherited->shared, inherited->bell, sizes)) return taken_over;
    log.warning("what the workers before had in common cannot be taken over (another version, or other sizes), and begins anew");
  }
  return std::make_shared<shared::Segment>(sizes);
}

int serve(const Service& service, const Plan& plan, std::optional<Inheritance> inherited, SocketActivation activation) {
  Workforce force = Deployment::force_of(plan);
  if (inherited && plan.scales) force.processes = std::clamp(inherited->processes, force.least, force.most);
  auto log = open_log_for(plan, force.processes == 0 ? "server" : "launcher");
  warn_of_descriptors(*log, raise_descriptor_limit(), plan.connections);
  if (!activation.warning.empty()) log->warning(activation.warning);
  const auto tell_addresses = [&log](const ListenSockets& listeners) {
    for (const auto& address : listeners.addresses()) log->info("listening", {{"address", std::string_view(address.url())}});
  };

  if (inherited && force.processes == 0) throw std::runtime_error(config::needs_restart("processes"));
  if (const std::string warning = warning_of(plan.identity); !warning.empty()) log->warning(warning);
  (void)instance();
  if (plan.development) log->warning("`development` is on: whoever can reach this server may read lines of its source");
  auto open = listeners_at_start(inherited, std::move(activation));
  if (force.processes == 0) {
    const auto listeners = std::make_shared<ListenSockets>(plan.listen, 1, open.get());
    tell_addresses(*listeners);
    const auto pid_file = pid_file_at_start(plan, inherited);
    const auto shared = shared_at_start(plan, inherited, *log);
    log.reset();
    WorkerSetup setup(service.source, *service.register_handlers, listeners, plan, force.threads);
    setup.shared = shared;
    setup.ready_descriptor = service.ready_descriptor;
    setup.cpus = cpus_of_slots(plan.affinity, 1);
    return run_alone(setup, announcement(service, listeners, force));
  }
  const Pipe hand_over = hand_over_channel(inherited);
  std::optional<Supervisor::Seat> seat;
  {
    Supervisor::Options options;
    options.register_handlers = service.register_handlers;
    options.hand_over = {hand_over.write.get(), hand_over.read.get()};
    options.invocation = {service.arguments, directory_by_name()};
    if (service.is_file) options.file = service.source.file;
    const auto shared = shared_at_start(plan, inherited, *log);
    std::unique_ptr<Deployment> first;
    if (inherited) {
      first = Deployment::make(inherited->generation + 1, service.source, plan, force, *service.register_handlers, options.hand_over,
                               shared, open.get());
      options.listeners = std::move(open);
      first->setup()->listeners->keep();
      options.predecessor = Descriptor(inherited->news);
      options.predecessor_pid = inherited->launcher;
      if (inherited->control >= 0) {
        options.control = std::make_unique<ControlSocket>(inherited->control_path, Descriptor(inherited->control),
                                                          inherited->control_device, inherited->control_inode);
      }
    } else {
      first = Deployment::make(1, service.source, plan, force, *service.register_handlers, options.hand_over, shared, open.get());
    }
    tell_addresses(*first->setup()->listeners);
    options.pid_file = pid_file_at_start(plan, inherited);
    options.on_ready = announcement(service, first->setup()->listeners, force);
    Supervisor supervisor(std::move(options), std::move(first), std::move(log));
    auto outcome = supervisor.run();
    if (const int* exit_code = std::get_if<int>(&outcome)) return *exit_code;
    seat = std::get<Supervisor::Seat>(std::move(outcome));
  }
  // A child: the supervisor's scope has closed what is the parent's. The program's `main` shall not run on in here.
  if (const auto* keeper = std::get_if<Supervisor::KeeperSeat>(&*seat)) run_keeper(*keeper->setup, keeper->supervisor, keeper->identity);
  std::exit(run_worker(std::get<WorkerSeat>(std::move(*seat))));
}

}  // namespace

int run_service(const Service& service) {
  ignore_write_signals();
  try {
    auto inherited = Inheritance::take_up();
    auto activation = SocketActivation::take_up();
    const Checked checked = check_in_child(service.source, *service.register_handlers);
    if (!checked.plan) return checked.exit_code;
    return serve(service, *checked.plan, std::move(inherited), std::move(activation));
  } catch (const ListenError& error) {
    std::fprintf(stderr, "ropeway: %s\n", error.what());
    if (!service.listen_hint.empty() && error.error() == EADDRINUSE) std::fprintf(stderr, "%s\n", service.listen_hint.c_str());
  } catch (const std::exception& error) { std::fprintf(stderr, "ropeway: the server cannot start: %s\n", error.what()); }
  return exit_code::failure;
}

}  // namespace ropeway::launcher
