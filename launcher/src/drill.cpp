#include "launcher/src/drill.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <ropeway/json_document.hpp>

#include "launcher/src/control_connection.hpp"
#include "launcher/src/exit_code.hpp"
#include "launcher/src/probe.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;
using Counts = Probe::Counts;

constexpr unsigned quiet_seconds = 2;       // before and after
constexpr std::int64_t leak_a_second = 64;  // MiB

// "http://127.0.0.1:8000", "http://[::1]:8000" or "unix:/path", as `status` tells an address.
Probe::Target target_of(std::string_view url) {
  Probe::Target target;
  if (url.starts_with("unix:")) {
    target.path = url.substr(5);
    return target;
  }
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  const std::size_t colon = url.rfind(':');
  if (colon == std::string_view::npos) throw std::runtime_error("an address without a port: " + std::string(url));
  std::string_view host = url.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  target.host = host;
  const std::string_view port = url.substr(colon + 1);
  std::from_chars(port.data(), port.data() + port.size(), target.port);
  return target;
}

std::uint64_t failed(const Counts& counts) { return counts.refused + counts.wrong + counts.truncated + counts.unanswered + counts.late; }

double milliseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

void print_head() {
  std::printf("%4s %9s %7s %7s %7s %7s %7s %9s %9s %9s %9s  %s\n", "s", "answered", "refused", "errors", "cut", "lost", "late", "idle lost",
              "p50 ms", "p99 ms", "max ms", "what happened");
}

void print_row(const std::string& name, const Counts& counts, const std::string& event) {
  std::printf("%4s %9llu %7llu %7llu %7llu %7llu %7llu %9llu %9.2f %9.2f %9.2f  %s\n", name.c_str(),
              static_cast<unsigned long long>(counts.answered), static_cast<unsigned long long>(counts.refused),
              static_cast<unsigned long long>(counts.wrong), static_cast<unsigned long long>(counts.truncated),
              static_cast<unsigned long long>(counts.unanswered), static_cast<unsigned long long>(counts.late),
              static_cast<unsigned long long>(counts.idle_lost), milliseconds(counts.durations.quantile(0.5)),
              milliseconds(counts.durations.quantile(0.99)), milliseconds(counts.longest), event.c_str());
  std::fflush(stdout);
}

class Drill {
 public:
  Drill(const Options& options, ControlConnection& connection) : options_(options), connection_(connection) {}

  // Does what is due in this second of the fault; gives what to say of it.
  std::string step(unsigned second) {
    if (options_.fault == "kill") return inject(pick(), {{"kind", "kill"}}, "killed");
    if (options_.fault == "leak") {
      const auto workers = ready_workers();
      if (!victim_) victim_ = pick();
      if (!victim_) return "no worker is ready";
      const auto same = std::ranges::find_if(workers, [&](const json& worker) { return worker["pid"] == (*victim_)["pid"]; });
      if (same == workers.end()) return "the worker that takes memory was replaced";
      const std::int64_t amount = leak_a_second * (second + 1);
      leaks_ = true;
      return inject(victim_, {{"kind", "leak"}, {"mebibytes", amount}},
                    "has " + std::to_string((*same)["memory"].get<std::uint64_t>() >> 20U) + " MiB, takes " +
                        std::to_string(leak_a_second) + " more");
    }
    if (second > 0) return {};
    victim_ = pick();
    return inject(victim_, {{"kind", options_.fault}, {"seconds", options_.seconds}}, options_.fault == "stall" ? "is held" : "is slowed");
  }

  // Gives back what was taken.
  void end() {
    if (!leaks_) return;
    const auto workers = ready_workers();
    if (std::ranges::any_of(workers, [&](const json& worker) { return worker["pid"] == (*victim_)["pid"]; })) {
      (void)inject(victim_, {{"kind", "leak"}, {"mebibytes", 0}}, "");
    }
  }

 private:
  std::vector<json> ready_workers() {
    const json status = connection_.ask({{"command", "status"}})["status"];
    std::vector<json> ready;
    for (const json& worker : status["workers"]) {
      if (worker["state"] == "ready" && worker["generation"] == status["generation"]) ready.push_back(worker);
    }
    return ready;
  }
  std::optional<json> pick() {
    auto workers = ready_workers();
    if (workers.empty()) return std::nullopt;
    return workers[std::uniform_int_distribution<std::size_t>(0, workers.size() - 1)(random_)];
  }
  std::string inject(const std::optional<json>& worker, json request, const std::string& what) {
    if (!worker) return "no worker is ready";
    request["command"] = "fault";
    request["worker"] = (*worker)["worker"];
    const json answer = connection_.ask(request);
    if (!answer["ok"].get<bool>()) return answer["error"].get<std::string>();
    return "worker " + std::to_string((*worker)["worker"].get<unsigned>()) + " " + what;
  }

  const Options& options_;
  ControlConnection& connection_;
  std::optional<json> victim_;
  bool leaks_ = false;
  std::mt19937 random_{std::random_device{}()};
};

// Of those that speak HTTP.
std::string first_url(const json& addresses) {
  for (const json& address : addresses) {
    auto url = address.get<std::string>();
    if (!url.starts_with("tcp://")) return url;
  }
  throw std::runtime_error("the server has no address that speaks HTTP");
}

}  // namespace

int drill(const Options& options) {
  ControlConnection connection(options);
  const json status = connection.ask({{"command", "status"}})["status"];
  const std::string url = first_url(status["listen"]);
  Probe::Options load;
  load.keep_alive = options.connections;
  load.new_every = std::chrono::microseconds(options.rate > 0 ? 1'000'000 / options.rate : 0);
  load.pause = std::chrono::milliseconds(options.pause_ms);
  load.target = options.path;
  std::printf("drill: %s for %u s at %s%s, with %u connections that stay and %u new ones a second\n", options.fault.c_str(),
              options.seconds, url.c_str(), options.path.c_str(), options.connections, options.rate);
  print_head();
  Drill drill(options, connection);
  Probe probe(target_of(url), load);
  Counts sum;
  auto next = std::chrono::steady_clock::now();
  const unsigned last = quiet_seconds + options.seconds + quiet_seconds;
  for (unsigned second = 0; second < last; ++second) {
    std::string event;
    if (second >= quiet_seconds && second < quiet_seconds + options.seconds) event = drill.step(second - quiet_seconds);
    if (second == quiet_seconds + options.seconds) drill.end();
    next += std::chrono::seconds(1);
    std::this_thread::sleep_until(next);
    const Counts counts = probe.take();
    print_row(std::to_string(second + 1), counts, event);
    sum.add(counts);
  }
  sum.add(probe.finish());
  print_row("all", sum, "");
  std::printf("%llu requests failed; %llu connections between two requests were lost\n", static_cast<unsigned long long>(failed(sum)),
              static_cast<unsigned long long>(sum.idle_lost));
  return failed(sum) == 0 ? exit_code::success : exit_code::failure;
}

}  // namespace ropeway::launcher
