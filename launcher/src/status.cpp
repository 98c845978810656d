#include "launcher/src/status.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include <ropeway/json_document.hpp>
#include <ropeway/version.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/server/shared_services.hpp"
#include "launcher/src/black_box.hpp"
#include "launcher/src/figures.hpp"
#include "launcher/src/recycler.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;
using State = WorkerHandle::State;

std::string_view name_of(const WorkerHandle& worker) noexcept {
  if (worker.is_stopped()) return "stopped";
  if (worker.is_stalled()) return "stalled";
  switch (worker.state()) {
    case State::gone: return "gone";
    case State::starting: return "starting";
    case State::ready: return "ready";
    case State::draining: return "draining";
  }
  return "gone";
}

// How many connections wait to be accepted. Of a TCP listener the kernel tells (`tcpi_unacked`); of a unix socket it does not.
std::uint64_t queue_of(int listener) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_unacked : 0;
}

std::uint64_t queue_of(const ListenSockets& listeners, unsigned slot) {
  std::uint64_t sum = 0;
  for (const auto& listener : listeners.of_slot_alone(slot)) sum += queue_of(listener.descriptor);
  return sum;
}

// JSON holds no bytes that are no UTF-8, and a request's path may have any.
std::string text(std::string_view bytes) { return config::printable(std::string(bytes)); }

json threads_of(Deployment& deployment, const WorkerHandle& worker, WorkerHandle::Time now) {
  json result = json::array();
  const auto threads = deployment.setup()->scoreboard.threads(worker.slot());
  for (std::size_t number = 0; number < threads.size(); ++number) {
    const auto since = threads[number].since();
    if (since.count() == observability::ThreadSlot::idle) continue;
    const ActivityNames names = names_of(threads[number].activity(), deployment.plan().routes);
    result.push_back({{"thread", number},
                      {"pool", number >= deployment.force().threads},
                      {"request", text(names.request)},
                      {"request_id", names.id},
                      {"peer", names.peer},
                      {"route", names.route},
                      {"handler", names.handler},
                      {"for_ms", std::max<std::int64_t>(0, (milliseconds_of(now) - since).count())}});
  }
  return result;
}

void add_latency(json& to, const observability::LatencySum& latency, bool with_buckets = false) {
  to["p50_us"] = microseconds(latency.quantile(0.5));
  to["p99_us"] = microseconds(latency.quantile(0.99));
  if (!with_buckets) return;
  json buckets = json::array();
  for (std::size_t bucket = 0; bucket < observability::LatencyBuckets::count; ++bucket) {
    if (latency.in(bucket) == 0) continue;
    buckets.push_back(
        {std::chrono::duration<double, std::micro>(observability::LatencyBuckets::middle(bucket)).count(), latency.in(bucket)});
  }
  to["latencies"] = std::move(buckets);
}

// Of the generation that serves, in the order of the configuration; what is beyond those that are counted alone comes last.
json routes_of(Deployment& current, bool with_latencies) {
  const observability::Scoreboard& scoreboard = current.setup()->scoreboard;
  json result = json::array();
  for (std::size_t route = 0; route <= scoreboard.counted_routes(); ++route) {
    observability::LatencySum sum;
    for (const WorkerHandle& worker : current.generation().workers()) sum.add(scoreboard.latency(worker.slot(), route));
    const bool is_rest = route == scoreboard.counted_routes();
    if (is_rest && sum.count() == 0) break;
    json& added = result.emplace_back(json{{"route", is_rest ? "(others)" : current.plan().routes[route].match},
                                           {"handler", is_rest ? "" : current.plan().routes[route].handler},
                                           {"requests", sum.count()}});
    add_latency(added, sum, with_latencies);
  }
  return result;
}

// What the workers have in common.
json shared_of(shared::Segment& segment) {
  json counters = json::object();
  for (const auto& [name, value] : server::SharedCounters(segment).all()) counters[text(name)] = value;
  const shared::CacheTotals cache = segment.cache().totals();
  return {{"counters", std::move(counters)},
          {"cache", {{"hits", cache.hits}, {"misses", cache.misses}, {"evictions", cache.evictions}, {"bytes", cache.bytes}}},
          {"bus", {{"messages", segment.messages().published()}}}};
}

json worker_of(Deployment& deployment, const WorkerHandle& worker, const Steering& steering, WorkerHandle::Time now, bool with_latencies) {
  const observability::WorkerRow& row = deployment.row(worker);
  const auto& weights = steering.weights();
  const observability::WorkerTotals totals = deployment.totals(worker);
  json result{{"worker", worker.slot()},
              {"pid", worker.pid()},
              {"generation", deployment.generation().number()},
              {"state", name_of(worker)},
              {"age_seconds", worker.alive() ? std::chrono::duration<double>(worker.age(now)).count() : 0.0},
              {"connections", row.connections.load()},
              {"accepted", row.accepted.load()},
              {"requests", totals.requests},
              {"server_errors", totals.server_errors},
              {"in_flight", totals.in_flight},
              {"memory", worker.alive() ? resident_memory(worker.pid()) : 0},
              {"queue", queue_of(*deployment.setup()->listeners, worker.slot())},
              {"weight", worker.slot() < weights.size() ? weights[worker.slot()] : 0},
              {"busy", threads_of(deployment, worker, now)}};
  add_latency(result, deployment.setup()->scoreboard.latency(worker.slot()), with_latencies);
  return result;
}

json tally(const Tally& counts) {
  json result{{"requests", counts.requests}, {"server_errors", counts.server_errors}};
  add_latency(result, counts.latency);
  return result;
}

std::string_view name_of(Reload::State state) noexcept {
  switch (state) {
    case Reload::State::checking: return "checking";
    case Reload::State::trying: return "trying";
    case Reload::State::replacing: return "replacing";
    case Reload::State::done: return "done";
    case Reload::State::refused: return "refused";
    case Reload::State::taken_back: return "taken back";
  }
  return "done";
}

std::string table_row(const json& worker) {
  char line[256];
  std::snprintf(line, sizeof line, "%6u %9d %10u  %-9s %9.0f %11llu %9llu %12llu %7llu %6llu\n", worker["worker"].get<unsigned>(),
                worker["pid"].get<int>(), worker["generation"].get<unsigned>(), worker["state"].get<std::string>().c_str(),
                worker["age_seconds"].get<double>(), worker["connections"].get<unsigned long long>(),
                worker["in_flight"].get<unsigned long long>(), worker["requests"].get<unsigned long long>(),
                worker["server_errors"].get<unsigned long long>(), worker["queue"].get<unsigned long long>());
  return line;
}

}  // namespace

json status_of(const std::vector<Deployment*>& deployments, const Steering& steering, const Reload* reload, WorkerHandle::Time now,
               bool with_latencies) {
  Deployment& current = *deployments.front();
  json listen = json::array();
  for (const auto& address : current.setup()->listeners->addresses()) listen.push_back(address.url());
  json workers = json::array();
  for (Deployment* deployment : deployments) {
    for (const WorkerHandle& worker : deployment->generation().workers()) {
      const bool is_member = deployment == &current && &worker != &deployment->generation().canary();
      if (is_member || worker.alive()) workers.push_back(worker_of(*deployment, worker, steering, now, with_latencies));
    }
  }
  std::uint64_t queue = 0;
  for (unsigned slot = 0; slot < current.setup()->listeners->slots(); ++slot) queue += queue_of(*current.setup()->listeners, slot);
  for (const int listener : current.setup()->listeners->shared()) queue += queue_of(listener);
  json closed = json::array();
  const auto closed_routes = current.setup()->scoreboard.closed_routes();
  for (std::size_t route = 0; route < closed_routes.size(); ++route) {
    if (closed_routes[route]) closed.push_back(current.plan().routes[route].match);
  }
  return {{"version", ROPEWAY_VERSION},
          {"pid", ::getpid()},
          {"file", current.setup()->source.file},
          {"generation", current.generation().number()},
          {"processes", current.generation().wanted()},
          {"threads", current.force().threads},
          {"blocking_threads", current.plan().blocking_threads},
          {"listen", std::move(listen)},
          {"queue", queue},
          {"steering", steering.works()},
          {"closed_routes", std::move(closed)},
          {"reload", reload != nullptr ? verdict_of(*reload) : json()},
          {"routes", routes_of(current, with_latencies)},
          {"shared", shared_of(*current.setup()->shared)},
          {"workers", std::move(workers)}};
}

json verdict_of(const Reload& reload) {
  const Reload::Verdict& verdict = reload.verdict();
  return {{"state", name_of(reload.state())}, {"generation", verdict.generation}, {"reason", verdict.reason},
          {"report", verdict.report},         {"canary", tally(verdict.canary)},  {"others", tally(verdict.others)}};
}

std::string status_text(const json& status) {
  std::string result = "ropeway " + status["version"].get<std::string>() + ", pid " + std::to_string(status["pid"].get<int>()) +
                       ", generation " + std::to_string(status["generation"].get<unsigned>()) + ": " +
                       std::to_string(status["processes"].get<unsigned>()) + " processes of " +
                       std::to_string(status["threads"].get<unsigned>()) + " threads\n";
  for (const json& address : status["listen"]) result += address.get<std::string>() + "\n";
  if (!status["steering"].get<bool>()) result += "the kernel does not let connections be steered\n";
  for (const json& route : status["closed_routes"]) result += "closed, because workers died in it: " + route.get<std::string>() + "\n";
  if (status["reload"].is_object()) result += "reload: " + status["reload"]["state"].get<std::string>() + "\n";
  result += "\nworker       pid generation  state           age connections in flight     requests  errors  queue\n";
  for (const json& worker : status["workers"]) result += table_row(worker);
  for (const json& worker : status["workers"]) {
    for (const json& thread : worker["busy"]) {
      result += "worker " + std::to_string(worker["worker"].get<unsigned>()) + ", thread " +
                std::to_string(thread["thread"].get<unsigned>()) + (thread["pool"].get<bool>() ? " (pool)" : "") + ": " +
                thread["request"].get<std::string>() + ", " + thread["handler"].get<std::string>() + ", for " +
                std::to_string(thread["for_ms"].get<std::int64_t>()) + " ms\n";
    }
  }
  if (!status.contains("shared")) return result;  // a server of an earlier version
  for (const auto& [name, value] : status["shared"]["counters"].items()) result += "counter " + name + ": " + value.dump() + "\n";
  return result;
}

}  // namespace ropeway::launcher
