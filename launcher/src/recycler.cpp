#include "launcher/src/recycler.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace ropeway::launcher {
namespace {

using State = WorkerHandle::State;

bool is_wanted(const config::RecycleConfig& recycle) noexcept {
  return recycle.requests > 0 || recycle.memory > 0 || recycle.age.count() > 0;
}

}  // namespace

std::optional<std::string> reason_to_recycle(const config::RecycleConfig& recycle, std::uint64_t requests, std::uint64_t memory,
                                             std::chrono::nanoseconds age) {
  if (recycle.requests > 0 && requests >= recycle.requests) return std::to_string(requests) + " requests";
  if (recycle.memory > 0 && memory >= recycle.memory) return std::to_string(memory / 1024) + " KiB of memory";
  if (recycle.age.count() > 0 && age >= recycle.age) {
    return "age of " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count()) + " s";
  }
  return std::nullopt;
}

std::uint64_t resident_memory(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  return file >> total >> resident ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::optional<Recycler::Time> Recycler::next_step(const Deployment& deployment) const noexcept {
  switch (step_) {
    case Step::idle: return is_wanted(deployment.plan().recycle) ? std::optional(next_look_) : std::nullopt;
    case Step::standing_in: return deadline_;
    case Step::renewing:
    case Step::leaving: break;
  }
  return std::nullopt;
}

void Recycler::advance(Deployment& deployment, Time now, bool may_begin, observability::LogSink& log) {
  Generation& generation = deployment.generation();
  WorkerHandle& stand_in = generation.canary();
  const auto members = generation.members();
  WorkerHandle* member = slot_ < members.size() ? &members[slot_] : nullptr;
  const bool has_gone = member == nullptr || member->pid() != old_;
  switch (step_) {
    case Step::idle:
      if (now < next_look_) return;
      next_look_ = now + look_interval;
      if (may_begin && is_wanted(deployment.plan().recycle) && generation.all_ready()) look(deployment, now, log);
      return;
    case Step::standing_in:
      if (has_gone) return leave(deployment, now);  // it has ended for a reason of its own, and is replaced anyway
      if (stand_in.state() == State::ready) {
        member->renew(now + deployment.plan().drain + drain_slack);
        step_ = Step::renewing;
      } else if (now >= deadline_ || (!stand_in.alive() && stand_in.next_start() > now)) {
        log.error("a worker cannot be recycled: the one that was to stand in for it did not become ready; it serves on",
                  {{"worker", std::int64_t{slot_}}});
        leave(deployment, now);
        next_look_ = now + retry_after;
      }
      return;
    case Step::renewing:
      if (has_gone && (member == nullptr || member->state() == State::ready)) leave(deployment, now);
      return;
    case Step::leaving:
      if (!stand_in.alive()) step_ = Step::idle;
      return;
  }
}

void Recycler::look(Deployment& deployment, Time now, observability::LogSink& log) {
  const config::RecycleConfig& recycle = deployment.plan().recycle;
  for (const WorkerHandle& worker : deployment.generation().members()) {
    const std::uint64_t memory = recycle.memory > 0 ? resident_memory(worker.pid()) : 0;
    const auto reason = reason_to_recycle(recycle, deployment.totals(worker).requests, memory, worker.age(now));
    if (!reason) continue;
    log.info("worker " + std::to_string(worker.slot()) + " is recycled",
             {{"worker", std::int64_t{worker.slot()}}, {"pid", std::int64_t{worker.pid()}}, {"reason", std::string_view(*reason)}});
    slot_ = worker.slot();
    old_ = worker.pid();
    deadline_ = now + deployment.plan().canary.start;
    deployment.generation().canary().take_back(now);
    step_ = Step::standing_in;
    return;
  }
}

void Recycler::leave(Deployment& deployment, Time now) {
  deployment.generation().canary().retire(now + deployment.plan().drain + drain_slack);
  step_ = Step::leaving;
}

}  // namespace ropeway::launcher
