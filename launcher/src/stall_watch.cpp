#include "launcher/src/stall_watch.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/src/black_box.hpp"

namespace ropeway::launcher {
namespace {

using observability::ThreadSlot;

// A loop that has work says so four times a second; one interval without it is no sign.
constexpr std::chrono::milliseconds regular_interval{250};

// How long all threads have been inside handlers: a loop without connections has no regular work, and may be held nevertheless.
std::chrono::milliseconds held_for(std::span<const ThreadSlot> threads, std::chrono::milliseconds now) noexcept {
  std::chrono::milliseconds last{};
  for (const ThreadSlot& thread : threads) {
    if (thread.since().count() == ThreadSlot::idle) return {};
    last = std::max(last, thread.since());
  }
  return threads.empty() ? std::chrono::milliseconds{} : now - last;
}

}  // namespace

LoopState loop_state(const observability::WorkerRow& row, std::span<const ThreadSlot> io_threads, const config::StallConfig& policy,
                     std::chrono::milliseconds now) noexcept {
  std::chrono::milliseconds still = held_for(io_threads, now);
  const std::chrono::milliseconds turned(row.turned.load(std::memory_order_relaxed));
  if (row.connections.load(std::memory_order_relaxed) > 0 && turned.count() > 0) still = std::max(still, now - turned - regular_interval);
  if (policy.kill.count() > 0 && still >= policy.kill) return LoopState::hopeless;
  return still >= policy.rescue ? LoopState::stalled : LoopState::turns;
}

StallWatch::StallWatch(std::chrono::milliseconds warn, unsigned io_threads, std::vector<Plan::Route> routes,
                       observability::Scoreboard& scoreboard)
    : warn_(warn), io_threads_(io_threads), routes_(std::move(routes)), scoreboard_(scoreboard), threads_(scoreboard.size() * io_threads) {}

void StallWatch::look(unsigned slot, pid_t pid, std::chrono::milliseconds now, observability::LogSink& log) {
  if (warn_.count() == 0) return;
  const auto slots = scoreboard_.threads(slot);
  Thread* late = nullptr;
  for (unsigned thread = 0; thread < io_threads_; ++thread) {
    const auto since = slots[thread].since();
    if (since.count() == ThreadSlot::idle || now - since < warn_) continue;
    Thread& watched = threads_[slot * io_threads_ + thread];
    if (watched.since == since) {
      if (!watched.told) tell(slot, thread, now, log);
      watched.told = true;
    } else if (late == nullptr) {  // there is one record for each worker, so one is asked at a time
      late = &watched;
      watched = {since, false};
      scoreboard_.stall(slot).signal = 0;
      ::syscall(SYS_tgkill, pid, slots[thread].thread(), stack_signal());
    }
  }
}

void StallWatch::tell(unsigned slot, unsigned thread, std::chrono::milliseconds now, observability::LogSink& log) {
  const ThreadSlot& held = scoreboard_.threads(slot)[thread];
  const ActivityNames names = names_of(held.activity(), routes_);
  const observability::StackRecord& record = scoreboard_.stall(slot);
  const std::string frames = record.signal != 0 && record.thread == thread ? stack_of(record, scoreboard_.objects(slot)) : std::string();
  log.warning("a handler holds an I/O thread; derive it from BlockingHandler, or let it wait with co_await",
              {{"worker", std::int64_t{slot}},
               {"thread", std::int64_t{thread}},
               {"handler", std::string_view(names.handler)},
               {"route", std::string_view(names.route)},
               {"request", std::string_view(names.request)},
               {"request_id", std::string_view(names.id)},
               {"peer", std::string_view(names.peer)},
               {"since_ms", (now - held.since()).count()},
               {"frames", std::string_view(frames)}});
}

}  // namespace ropeway::launcher
