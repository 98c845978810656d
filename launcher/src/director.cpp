#include "launcher/src/director.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace ropeway::launcher {
namespace {

// How often the workers' load is looked at, which is a look at shared memory: while connections come in, and while none does.
constexpr std::chrono::milliseconds look_interval{250};
constexpr std::chrono::milliseconds quiet_look_interval{500};

}  // namespace

void Director::set_listeners(const ListenSockets& listeners) {
  steering_ = Steering(listeners.spread_groups());
  look_soon();
}

void Director::direct(const Situation& situation, Time now, observability::LogSink& log) {
  std::vector<Deployment*> serving{situation.current};
  if (situation.incoming != nullptr) serving.push_back(situation.incoming);
  std::vector<SlotLoad> loads;
  std::uint64_t accepted = 0;
  for (Deployment* deployment : serving) {
    loads.resize(std::max(loads.size(), deployment->setup()->scoreboard.size()));
    for (const auto& worker : deployment->generation().workers()) {
      const observability::WorkerRow& row = deployment->row(worker);
      SlotLoad& load = loads[worker.slot()];
      load.accepts = load.accepts || worker.accepts();
      load.connections += row.connections;
      accepted += row.accepted;
    }
  }
  bool changed = false;
  for (Deployment* deployment : serving) {
    if (!update_rescue(*deployment, situation, loads, now)) continue;
    deployment->generation().send(Command::rescue);
    changed = true;
  }
  if (!situation.running || (!changed && now < next_look_)) return;
  if (now >= next_look_) next_look_ = now + (accepted == seen_ ? quiet_look_interval : look_interval);
  seen_ = accepted;
  steer(situation, loads, log);
}

// Says in the scoreboard which slots' queues are to be served by siblings; whether that has changed.
bool Director::update_rescue(Deployment& deployment, const Situation& situation, const std::vector<SlotLoad>& loads, Time now) {
  observability::Scoreboard& scoreboard = deployment.setup()->scoreboard;
  // When workers are replaced, addresses may differ: then each deployment sees to all that it has. Before that, nobody but the canary
  // serves the canary's share.
  std::vector<bool> served(scoreboard.size(), false);
  for (std::size_t slot = 0; slot < served.size(); ++slot) served[slot] = situation.running && !situation.replacing && loads[slot].accepts;
  for (const auto& worker : deployment.generation().workers()) {
    // When the whole server drains, each sees to its own queue, and to those of the ones that cannot.
    // At the start all are about to be ready: a thousand workers that rescue each other for that moment would only make it long.
    const bool is_wanted = &worker != &deployment.generation().canary() && worker.slot() < deployment.generation().wanted();
    const bool begins = deployment.generation().number() == 1 && is_wanted && worker.begins(now);
    const bool serves = situation.running ? worker.accepts() || begins : worker.alive() && !worker.is_stopped() && !worker.is_stalled();
    if (serves) served[worker.slot()] = true;
  }
  bool changed = false;
  for (std::size_t slot = 0; slot < served.size(); ++slot) {
    changed = scoreboard[slot].rescued.exchange(!served[slot]) == served[slot] || changed;
  }
  return changed;
}

void Director::steer(const Situation& situation, const std::vector<SlotLoad>& loads, observability::LogSink& log) {
  std::vector<SlotLoad> others = loads;
  WorkerHandle* canary = situation.canary_percent > 0 ? &situation.incoming->generation().canary() : nullptr;
  if (canary != nullptr) others[canary->slot()].accepts = false;
  std::vector<Weight> weights = weights_of(others);
  if (canary != nullptr && canary->accepts()) {
    const Weight sum = std::accumulate(weights.begin(), weights.end(), Weight{0});
    weights[canary->slot()] = std::max<Weight>(1, sum * situation.canary_percent / (100 - situation.canary_percent));
  }
  if (const int error = steering_.steer(std::move(weights)); error != 0) {
    log.warning("the kernel does not let new connections be steered; siblings still serve the queue of a worker that does not",
                {{"error", std::string_view(std::strerror(error))}});
  }
}

}  // namespace ropeway::launcher
