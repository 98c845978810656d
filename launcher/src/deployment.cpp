#include "launcher/src/deployment.hpp"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "launcher/src/affinity.hpp"
#include "launcher/src/black_box.hpp"
#include "launcher/src/figures.hpp"

namespace ropeway::launcher {
namespace {

using observability::WorkerRow;
using observability::WorkerState;

}  // namespace

// The canary's slot is the last one: whoever was there before serves no more when it starts.
Deployment::Deployment(unsigned number, std::shared_ptr<WorkerSetup> setup, Plan plan, Workforce force)
    : plan_(std::move(plan)),
      force_(std::move(force)),
      setup_(std::move(setup)),
      generation_(number, force_.processes, force_.most, setup_->listeners->slots() - 1),
      stall_watch_(plan_.stall.warn, force_.threads, plan_.routes, setup_->scoreboard),
      quarantine_(plan_.quarantine, plan_.routes.size()) {}

Workforce Deployment::force_of(const Plan& plan) {
  const CpuBudget budget = cpu_budget(affinity_cpus());
  if (plan.scales) return scaling_workforce(plan.processes.value_or(1), plan.most_processes, plan.threads, budget);
  return workforce(plan.processes, plan.threads, budget);
}

std::unique_ptr<Deployment> Deployment::make(unsigned number, ConfigSource source, Plan plan, Workforce force,
                                             const Register& register_handlers, server::HandOverChannel hand_over,
                                             std::shared_ptr<shared::Segment> shared, const ListenSockets* open) {
  auto listeners = std::make_shared<ListenSockets>(plan.listen, force.most + 1, open);
  auto setup = std::make_shared<WorkerSetup>(std::move(source), register_handlers, std::move(listeners), plan, force.threads);
  setup->hand_over = hand_over;
  setup->shared = std::move(shared);
  setup->cpus = cpus_of_slots(plan.affinity, force.most);
  setup->directory = Descriptor(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!setup->directory) throw std::system_error(errno, std::generic_category(), "the working directory");
  return std::make_unique<Deployment>(number, std::move(setup), std::move(plan), std::move(force));
}

void Deployment::prepare(const WorkerHandle& worker) noexcept {
  WorkerRow& its = row(worker);
  its.turned = 0;
  its.connections = 0;
  its.accepted = 0;
  setup_->scoreboard.forget_counts(worker.slot());
  for (observability::ThreadSlot& slot : setup_->scoreboard.threads(worker.slot())) slot.end();
  setup_->scoreboard.crash(worker.slot()).signal = 0;
  observability::WorkerFaults& faults = setup_->scoreboard.faults(worker.slot());
  faults.held_until = faults.slow_until = 0;
  faults.ballast = 0;
  its.generation = generation_.number();
  its.state = WorkerState::starting;
}

void Deployment::report_activity(const WorkerHandle& worker, Time now, observability::LogSink& log) {
  const observability::StackRecord& crash = setup_->scoreboard.crash(worker.slot());
  const bool recorded = crash.signal != 0;
  const auto threads = setup_->scoreboard.threads(worker.slot());
  const auto moment = milliseconds_of(now);
  for (std::size_t thread = 0; thread < threads.size(); ++thread) {
    const auto since = threads[thread].since();
    if (since.count() == observability::ThreadSlot::idle) continue;
    const ActivityNames names = names_of(threads[thread].activity(), plan_.routes);
    const std::string message = "worker " + std::to_string(worker.slot()) +
                                (recorded && crash.thread == thread ? " died in a handler" : " was inside a handler when it died");
    log.error(message, {{"worker", std::int64_t{worker.slot()}},
                        {"thread", static_cast<std::int64_t>(thread)},
                        {"request", std::string_view(names.request)},
                        {"request_id", std::string_view(names.id)},
                        {"peer", std::string_view(names.peer)},
                        {"route", std::string_view(names.route)},
                        {"handler", std::string_view(names.handler)},
                        {"since_ms", std::max<std::int64_t>(0, (moment - since).count())}});
  }
  if (!recorded) return;
  const std::string frames = stack_of(crash, setup_->scoreboard.objects(worker.slot()));
  char address[24];
  std::snprintf(address, sizeof address, "0x%llx", static_cast<unsigned long long>(crash.address));
  const std::string message = "backtrace of worker " + std::to_string(worker.slot());
  log.error(message,
            {{"worker", std::int64_t{worker.slot()}}, {"address", std::string_view(address)}, {"frames", std::string_view(frames)}});
}

// Only a death that is surely a handler's own counts: by a signal of the thread that was inside it. A SIGKILL comes from elsewhere.
void Deployment::close_route_of(const WorkerHandle& worker, Time now, observability::LogSink& log) {
  const observability::StackRecord& crash = setup_->scoreboard.crash(worker.slot());
  const auto threads = setup_->scoreboard.threads(worker.slot());
  if (crash.signal == 0 || crash.thread >= threads.size()) return;
  const observability::ThreadSlot& thread = threads[crash.thread];
  if (thread.since().count() == observability::ThreadSlot::idle) return;
  const std::uint32_t route = thread.activity().route();
  if (!quarantine_.crashed(route, now)) return;
  setup_->scoreboard.closed_routes()[route] = true;
  const Plan::Route& closed = plan_.routes[route];
  log.error("a route is closed (503), because workers died in its handler again and again", {{"route", std::string_view(closed.match)},
                                                                                             {"handler", std::string_view(closed.handler)},
                                                                                             {"crashes", field(plan_.quarantine.crashes)},
                                                                                             {"for_ms", plan_.quarantine.release.count()}});
}

void Deployment::open_routes(Time now, observability::LogSink& log) {
  while (const auto route = quarantine_.released(now)) {
    setup_->scoreboard.closed_routes()[*route] = false;
    log.warning("a route that was closed is open again", {{"route", std::string_view(plan_.routes[*route].match)}});
  }
}

// A worker none of whose threads comes back to its event loop accepts nothing and answers nothing.
void Deployment::watch_loops(Time now, observability::LogSink& log) {
  const auto moment = milliseconds_of(now);
  for (auto& worker : generation_.workers()) {
    if (worker.state() != WorkerHandle::State::ready || worker.is_stopped()) continue;
    stall_watch_.look(worker.slot(), worker.pid(), moment, log);
    const LoopState state = loop_state(row(worker), setup_->scoreboard.threads(worker.slot()).first(force_.threads), plan_.stall, moment);
    if (state == LoopState::hopeless) {
      log.error("worker " + std::to_string(worker.slot()) + " has not come back to its event loop for stall.kill, and is killed",
                {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
      ::kill(worker.pid(), SIGKILL);
    }
    const bool stalled = state != LoopState::turns;
    if (stalled == worker.is_stalled()) continue;
    worker.set_stalled(stalled);
    const std::string message = "worker " + std::to_string(worker.slot()) +
                                (stalled ? " is held by handlers; the others accept new connections until it goes on" : " goes on");
    log.warning(message, {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}});
  }
}

}  // namespace ropeway::launcher
