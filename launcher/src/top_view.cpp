#include "launcher/src/top_view.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>

#include "core/src/config/printable.hpp"
#include "core/src/observability/latency.hpp"

namespace ropeway::launcher {
namespace {

using nlohmann::json;
using observability::LatencyBuckets;
using observability::LatencySum;

std::uint64_t number(const json& object, const char* name) { return object.value(name, std::uint64_t{0}); }

// What has grown since; of a worker that was replaced meanwhile, all that it has.
std::uint64_t grown(const json* before, const json& now, const char* name) {
  const std::uint64_t earlier = before != nullptr ? number(*before, name) : 0;
  const std::uint64_t value = number(now, name);
  return value >= earlier ? value - earlier : value;
}

LatencySum latency_of(const json& object) {
  LatencySum sum;
  for (const json& bucket : object.value("latencies", json::array())) {
    const std::chrono::duration<double, std::micro> middle(bucket.at(0).get<double>());
    sum.add(LatencyBuckets::of(std::chrono::duration_cast<std::chrono::nanoseconds>(middle)), bucket.at(1).get<std::uint64_t>());
  }
  return sum;
}

LatencySum latency_between(const json* before, const json& now) {
  return before != nullptr ? latency_of(now).since(latency_of(*before)) : latency_of(now);
}

// The entry of a list that has the same values under these names, or nullptr.
const json* same(const json& list, const json& entry, std::initializer_list<const char*> names) {
  for (const json& candidate : list) {
    if (std::all_of(names.begin(), names.end(), [&](const char* name) { return candidate[name] == entry[name]; })) return &candidate;
  }
  return nullptr;
}

std::string rate(std::uint64_t count, double seconds) {
  const double value = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  char text[32];
  std::snprintf(text, sizeof text, value < 10 && value > 0 ? "%.1f" : "%.0f", value);
  return text;
}

// Two or three digits that count: "210us", "3.1ms", "12s".
std::string duration(std::chrono::nanoseconds time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  if (ms == 0) return "-";
  char text[32];
  if (ms < 1) {
    std::snprintf(text, sizeof text, "%.0fus", ms * 1000);
  } else if (ms < 10'000) {
    std::snprintf(text, sizeof text, ms < 10 ? "%.1fms" : "%.0fms", ms);
  } else {
    std::snprintf(text, sizeof text, "%.0fs", ms / 1000);
  }
  return text;
}

std::string age(double seconds) {
  char text[32];
  if (seconds < 100) {
    std::snprintf(text, sizeof text, "%.0fs", seconds);
  } else if (seconds < 6000) {
    std::snprintf(text, sizeof text, "%.0fm", seconds / 60);
  } else if (seconds < 360'000) {
    std::snprintf(text, sizeof text, "%.0fh", seconds / 3600);
  } else {
    std::snprintf(text, sizeof text, "%.0fd", seconds / 86'400);
  }
  return text;
}

std::string memory(std::uint64_t bytes) {
  char text[32];
  const double mega = static_cast<double>(bytes) / (1 << 20);
  std::snprintf(text, sizeof text, mega < 10'000 ? "%.0fM" : "%.0fG", mega < 10'000 ? mega : mega / 1024);
  return text;
}

constexpr std::uint64_t most_marks = 8;

// A mark for each I/O thread, whether it is inside a handler, and how many of the pool are.
std::string threads(const json& worker, std::uint64_t io_threads) {
  std::uint64_t inside = 0;
  std::uint64_t inside_pool = 0;
  for (const json& thread : worker["busy"]) ++(thread["pool"].get<bool>() ? inside_pool : inside);
  inside = std::min(inside, io_threads);
  std::string marks = io_threads > most_marks ? std::to_string(inside) + "/" + std::to_string(io_threads)
                                              : std::string(inside, '#') + std::string(io_threads - inside, '.');
  if (inside_pool > 0) marks += "+" + std::to_string(inside_pool);
  return marks;
}

class Page {
 public:
  explicit Page(const Screen& screen) : screen_(screen) {}
  // Cut to the screen; further ones than it has room for are left out.
  void add(std::string line, const char* colour = "") {
    line = config::printable(line);
    if (lines_ >= screen_.height) return;
    if (line.size() > static_cast<std::size_t>(screen_.width)) {
      std::size_t end = static_cast<std::size_t>(screen_.width);
      while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;  // no part of a character
      line.resize(end);
    }
    const bool coloured = screen_.colours && *colour != '\0';
    text_ += coloured ? colour + line + "\033[0m" : line;
    text_ += '\n';
    ++lines_;
  }
  [[nodiscard]] int left() const noexcept { return screen_.height - lines_; }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  const Screen& screen_;
  std::string text_;
  int lines_ = 0;
};

constexpr const char* bold = "\033[1m";
constexpr const char* red = "\033[31m";

std::string worker_line(const json* before, const json& worker, const json& server, double seconds) {
  const LatencySum latency = latency_between(before, worker);
  char line[256];
  std::snprintf(line, sizeof line, "%6llu %8llu %-8s %6llu %8s %5s %6s %6s %5llu  %-12s %6llu %6s %5s %4llu",
                static_cast<unsigned long long>(number(worker, "worker")), static_cast<unsigned long long>(number(worker, "pid")),
                worker["state"].get<std::string>().c_str(), static_cast<unsigned long long>(number(worker, "connections")),
                rate(grown(before, worker, "requests"), seconds).c_str(), rate(grown(before, worker, "server_errors"), seconds).c_str(),
                duration(latency.quantile(0.5)).c_str(), duration(latency.quantile(0.99)).c_str(),
                static_cast<unsigned long long>(number(worker, "queue")), threads(worker, number(server, "threads")).c_str(),
                static_cast<unsigned long long>(number(worker, "in_flight")), memory(number(worker, "memory")).c_str(),
                age(worker["age_seconds"].get<double>()).c_str(), static_cast<unsigned long long>(number(worker, "generation")));
  return line;
}

void add_workers(Page& page, const json& before, const json& now, double seconds) {
  page.add("worker      pid state     conns    req/s err/s    p50    p99 queue  threads      flight memory   age  gen", bold);
  for (const json& worker : now["workers"]) {
    const json* earlier = same(before["workers"], worker, {"worker", "pid"});
    page.add(worker_line(earlier, worker, now, seconds), worker["state"] == "ready" ? "" : red);
  }
}

// The busiest first.
void add_routes(Page& page, const json& before, const json& now, double seconds) {
  struct Row {
    const json* route;
    std::uint64_t requests;
    LatencySum latency;
  };
  std::vector<Row> rows;
  for (const json& route : now["routes"]) {
    const json* earlier = same(before["routes"], route, {"route"});
    rows.push_back({&route, grown(earlier, route, "requests"), latency_between(earlier, route)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) { return left.requests > right.requests; });
  if (page.left() < 4) return;
  page.add("");
  page.add("   req/s    p50    p99  route", bold);
  for (const Row& row : rows) {
    if (row.requests == 0 && &row != &rows.front()) break;
    char line[64];
    std::snprintf(line, sizeof line, "%8s %6s %6s  ", rate(row.requests, seconds).c_str(), duration(row.latency.quantile(0.5)).c_str(),
                  duration(row.latency.quantile(0.99)).c_str());
    page.add(line + (*row.route)["route"].get<std::string>() + "  " + (*row.route)["handler"].get<std::string>());
  }
}

// What threads are inside of, the longest first.
void add_busy(Page& page, const json& now) {
  struct Row {
    std::uint64_t worker;
    const json* thread;
  };
  std::vector<Row> rows;
  for (const json& worker : now["workers"]) {
    for (const json& thread : worker["busy"]) rows.push_back({number(worker, "worker"), &thread});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& left, const Row& right) { return number(*left.thread, "for_ms") > number(*right.thread, "for_ms"); });
  if (rows.empty() || page.left() < 3) return;
  page.add("");
  page.add("worker thread    for  inside", bold);
  for (const Row& row : rows) {
    char line[64];
    std::snprintf(line, sizeof line, "%6llu %6llu %6s  ", static_cast<unsigned long long>(row.worker),
                  static_cast<unsigned long long>(number(*row.thread, "thread")),
                  duration(std::chrono::milliseconds(number(*row.thread, "for_ms"))).c_str());
    page.add(line + (*row.thread)["request"].get<std::string>() + "  " + (*row.thread)["handler"].get<std::string>());
  }
}

}  // namespace

std::string top_view(const json& before, const json& now, double seconds, const Screen& screen) {
  Page page(screen);
  std::string addresses;
  for (const json& address : now["listen"]) addresses += "  " + address.get<std::string>();
  page.add("ropeway " + now["version"].get<std::string>() + "  pid " + std::to_string(number(now, "pid")) + "  generation " +
               std::to_string(number(now, "generation")) + "  " + std::to_string(number(now, "processes")) + " processes x " +
               std::to_string(number(now, "threads")) + " threads" + addresses,
           bold);

  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t connections = 0;
  std::uint64_t in_flight = 0;
  LatencySum latency;
  for (const json& worker : now["workers"]) {
    const json* earlier = same(before["workers"], worker, {"worker", "pid"});
    requests += grown(earlier, worker, "requests");
    errors += grown(earlier, worker, "server_errors");
    connections += number(worker, "connections");
    in_flight += number(worker, "in_flight");
    latency.add(latency_between(earlier, worker));
  }
  page.add(rate(requests, seconds) + " requests/s  " + rate(errors, seconds) + " errors/s  p50 " + duration(latency.quantile(0.5)) +
           "  p99 " + duration(latency.quantile(0.99)) + "  " + std::to_string(connections) + " connections  " + std::to_string(in_flight) +
           " in flight  " + std::to_string(number(now, "queue")) + " in the queue");
  for (const json& route : now["closed_routes"]) page.add("closed, because workers died in it: " + route.get<std::string>(), red);
  if (now["reload"].is_object()) page.add("reload: " + now["reload"]["state"].get<std::string>(), bold);
  page.add("");
  add_workers(page, before, now, seconds);
  add_routes(page, before, now, seconds);
  add_busy(page, now);
  return std::move(page).text();
}

}  // namespace ropeway::launcher
