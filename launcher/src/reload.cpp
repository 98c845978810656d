#include "launcher/src/reload.hpp"

#include <signal.h>

#include <algorithm>
#include <string>

#include "launcher/src/figures.hpp"

namespace ropeway::launcher {
namespace {

// How often a canary's answers are looked at: what it does wrong until then, it does to its clients.
constexpr std::chrono::milliseconds canary_look_interval{50};
constexpr std::chrono::milliseconds check_interval{250};

// Durations are added up where they are asked for: of many threads and routes they are a lot to read.
Tally tally_of(const Deployment& deployment, const WorkerHandle& worker, bool with_latency) noexcept {
  const observability::WorkerTotals totals = deployment.totals(worker);
  Tally result{totals.requests, totals.server_errors};
  if (with_latency) result.latency = deployment.setup()->scoreboard.latency(worker.slot());
  return result;
}

}  // namespace

Reload::Reload(ConfigSource source, const Register& register_handlers, Deployment& current, Make make, observability::LogSink& log,
               Time now)
    : current_(current),
      make_(std::move(make)),
      log_(log),
      check_(std::in_place, std::move(source), register_handlers, current.setup()->source),
      deadline_(now + current.plan().canary.start) {
  log_.info("reload: the configuration is checked", {{"file", std::string_view(check_->source().file)}});
}

bool Reload::process_ended(pid_t pid, int status) {
  if (!check_ || check_->has_ended() || check_->pid() != pid) return false;
  check_->ended(status);
  return true;
}

Reload::Time Reload::next_step(Time now) const noexcept {
  if (state_ == State::trying && watched_until_) return std::min(now + canary_look_interval, *watched_until_);
  return std::min(now + check_interval, deadline_);
}

void Reload::advance(Time now) {
  switch (state_) {
    case State::checking: return take_verdict(now);
    case State::trying: return watch_canary(now);
    case State::replacing: return replace(now);
    case State::done:
    case State::refused:
    case State::taken_back: return;
  }
}

// ---- checking ---------------------------------------------------------------------------------------------------------------------

void Reload::take_verdict(Time now) {
  check_->read();
  if (!check_->has_ended()) {
    if (now < deadline_) return;
    check_->kill();
    return refuse("it took longer than canary.start to try it", check_->report());
  }
  if (!check_->plan()) return refuse("it has mistakes", check_->report());
  try {
    incoming_ = make_(check_->source(), *check_->plan());
  } catch (const std::exception& error) { return refuse(error.what(), {}); }
  check_.reset();
  verdict_.generation = incoming_->generation().number();
  if (incoming_->plan().canary.percent == 0) return begin_replacing(now);
  state_ = State::trying;
  deadline_ = now + incoming_->plan().canary.start;
  incoming_->generation().canary().start_at(now);
}

// Every line of the report becomes one of the log, so that it can be read there as on a terminal.
void Reload::refuse(std::string_view reason, std::string report) {
  log_.error("reload: the new configuration is refused, and the old one serves on", {{"reason", reason}});
  std::string_view rest = report;
  for (std::size_t lines = 0; !rest.empty() && lines < 100; ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) log_.error(rest.substr(0, end), {});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  verdict_.reason = reason;
  verdict_.report = std::move(report);
  state_ = State::refused;
}

// ---- trying -----------------------------------------------------------------------------------------------------------------------

Tally Reload::tally_of_old(bool with_latency) const noexcept {
  Tally sum;
  for (const WorkerHandle& worker : current_.generation().members()) sum.add(tally_of(current_, worker, with_latency));
  return sum;
}

void Reload::watch_canary(Time now) {
  WorkerHandle& canary = incoming_->generation().canary();
  if (!watched_until_) {
    if (canary.state() != WorkerHandle::State::ready) {
      if (now >= deadline_) take_back("its first worker was not ready within canary.start", now);
      return;
    }
    watched_until_ = now + incoming_->plan().canary.duration;
    before_ = tally_of_old(true);
    log_.info("reload: one new worker serves beside the old ones", {{"generation", std::int64_t{incoming_->generation().number()}},
                                                                    {"percent", std::int64_t{incoming_->plan().canary.percent}},
                                                                    {"for_ms", incoming_->plan().canary.duration.count()}});
  }
  const bool over = now >= *watched_until_;
  const Tally& its = verdict_.canary = tally_of(*incoming_, canary, over);
  const Tally& others = verdict_.others = tally_of_old(over).since(before_);
  if (is_worse(its, others, over)) {
    tell(LogLevel::error, "reload: far more of the new worker's answers are errors than of the others'");
    return take_back("its answers are errors", now);
  }
  if (!over) return;
  if (is_slower(its, others, incoming_->plan().canary.slower)) {
    tell(LogLevel::error, "reload: the new worker's slowest answers take far longer than the others'");
    return take_back("its answers take too long (canary.slower)", now);
  }
  if (!canary.accepts()) return take_back("its first worker stands still", now);
  tell(LogLevel::info, "reload: the new worker does as well as the others");
  begin_replacing(now);
}

// With what both have answered.
void Reload::tell(LogLevel level, std::string_view message) {
  const Tally& its = verdict_.canary;
  const Tally& others = verdict_.others;
  log_.log(level, message,
           {{"requests", field(its.requests)},
            {"server_errors", field(its.server_errors)},
            {"p99_us", microseconds(its.latency.quantile(0.99))},
            {"others_requests", field(others.requests)},
            {"others_server_errors", field(others.server_errors)},
            {"others_p99_us", microseconds(others.latency.quantile(0.99))}});
}

// ---- replacing --------------------------------------------------------------------------------------------------------------------

void Reload::begin_replacing(Time now) {
  state_ = State::replacing;
  deadline_ = now + incoming_->plan().canary.start;
  replace(now);
}

Reload::Time Reload::last_moment_of_old(Time now) const noexcept { return now + current_.plan().drain + drain_slack; }

void Reload::replace(Time now) {
  if (all_replaced_) {
    const bool all_left = std::ranges::all_of(current_.generation().workers(), [](const auto& worker) { return worker.has_left(); });
    if (all_left || now >= deadline_) finish();
    return;
  }
  const auto fresh = incoming_->generation().members();
  const auto old = current_.generation().members();
  for (; slot_ < fresh.size(); ++slot_) {
    WorkerHandle& worker = fresh[slot_];
    if (!worker.was_ready()) {
      if (worker.tried()) {
        if (now >= deadline_) take_back("a new worker was not ready within canary.start", now);
      } else if (!worker.next_start()) {
        worker.start_at(now);
        deadline_ = now + incoming_->plan().canary.start;
      }
      return;
    }
    if (slot_ < old.size()) old[slot_].retire(last_moment_of_old(now));
  }
  retire_the_rest(now);
}

void Reload::retire_the_rest(Time now) {
  for (WorkerHandle& worker : current_.generation().workers()) worker.retire(last_moment_of_old(now));
  incoming_->generation().canary().retire(now + incoming_->plan().drain + drain_slack);
  all_replaced_ = true;
  deadline_ = now + leave_patience;
  replace(now);
}

void Reload::finish() {
  incoming_->setup()->listeners->keep();
  state_ = State::done;
}

// ---- failing ----------------------------------------------------------------------------------------------------------------------

void Reload::worker_ended(const WorkerHandle& worker, Time now) {
  if (has_ended() || all_replaced_) return;
  if (state_ == State::trying) return take_back("its first worker ended", now);
  if (!worker.was_ready()) take_back("a new worker ended before it was ready", now);
}

void Reload::take_back(std::string_view reason, Time now) {
  log_.error("reload: taken back; the old configuration serves on", {{"reason", reason}});
  for (WorkerHandle& worker : current_.generation().members()) worker.take_back(now);
  for (WorkerHandle& worker : incoming_->generation().workers()) {
    if (worker.state() == WorkerHandle::State::starting) ::kill(worker.pid(), SIGKILL);  // it has nothing to lose
    worker.retire(now + incoming_->plan().drain + drain_slack);
  }
  verdict_.reason = reason;
  state_ = State::taken_back;
}

void Reload::abandon() noexcept {
  if (check_) check_->kill();
  if (has_ended()) return;
  verdict_.reason = "the server ends";
  state_ = State::taken_back;
}

}  // namespace ropeway::launcher
