#include "launcher/src/generation.hpp"

#include <algorithm>

namespace ropeway::launcher {

Generation::Generation(unsigned number, unsigned members, unsigned most, unsigned canary_slot) : number_(number), wanted_(members) {
  for (unsigned slot = 0; slot < std::max(members, most); ++slot) workers_.emplace_back(slot);
  workers_.emplace_back(canary_slot);
}

void Generation::start_all(Time now) noexcept {
  for (WorkerHandle& worker : members()) worker.start_at(now);
}

void Generation::scale(unsigned wanted, Time now, Time deadline) noexcept {
  for (; wanted_ < wanted; ++wanted_) workers_[wanted_].take_back(now);
  for (; wanted_ > wanted; --wanted_) workers_[wanted_ - 1].retire(deadline);
}

WorkerHandle* Generation::find(pid_t pid) noexcept {
  const auto found = std::ranges::find_if(workers_, [pid](const WorkerHandle& worker) { return worker.alive() && worker.pid() == pid; });
  return found == workers_.end() ? nullptr : &*found;
}

bool Generation::may_start(const WorkerHandle& worker) const noexcept {
  return !worker.alive() && worker.next_start() && (ever_ready_ || !worker.tried());
}

WorkerHandle* Generation::due(Time now) noexcept {
  const auto found = std::ranges::find_if(workers_, [&](const auto& worker) { return may_start(worker) && *worker.next_start() <= now; });
  return found == workers_.end() ? nullptr : &*found;
}

std::optional<Generation::Time> Generation::next_start() const noexcept {
  std::optional<Time> next;
  for (const auto& worker : workers_) {
    if (may_start(worker) && (!next || *worker.next_start() < *next)) next = worker.next_start();
  }
  return next;
}

bool Generation::all_ready() const noexcept {
  return std::ranges::all_of(members(), [](const auto& worker) { return worker.state() == WorkerHandle::State::ready; });
}

bool Generation::none_alive() const noexcept {
  return std::ranges::none_of(workers_, [](const auto& worker) { return worker.alive(); });
}

bool Generation::stillborn() const noexcept {
  return !ever_ready_ && none_alive() && std::ranges::all_of(members(), [](const auto& worker) { return worker.tried(); });
}

void Generation::one_ended(Time now) noexcept {
  if (!ever_ready_ || !none_alive()) return;
  const auto next = next_start();
  for (auto& worker : workers_) {
    if (next && worker.next_start() == next) return worker.start_no_later_than(now + last_delay);
  }
}

void Generation::send(Command command) noexcept {
  for (auto& worker : workers_) worker.send(command);
}

void Generation::close() noexcept {
  for (auto& worker : workers_) worker.no_next_start();
}

}  // namespace ropeway::launcher
