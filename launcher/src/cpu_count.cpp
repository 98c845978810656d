#include "launcher/src/cpu_count.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <thread>

#include "launcher/src/affinity.hpp"

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;

// The next number of each; nothing where one has none, or none above 0.
std::optional<double> ratio_of(std::istream& quota_file, std::istream& period_file) {
  std::int64_t quota = 0;
  std::int64_t period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return {};
  return static_cast<double>(quota) / static_cast<double>(period);
}

// cgroup v2: "150000 100000" or "max 100000".
std::optional<double> quota_v2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  return ratio_of(file, file);
}

// cgroup v1: -1 where there is none.
std::optional<double> quota_v1(const fs::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us");
  std::ifstream period(group / "cpu.cfs_period_us");
  return ratio_of(quota, period);
}

// The smallest quota from the group up to its mount. In a container the path may name folders that only the host sees; what can be
// read on the way up counts, and the mount itself is then the container's own group.
template <class Quota>
std::optional<double> smallest(const fs::path& mount, const std::string& group, Quota quota) {
  std::optional<double> result;
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    if (const auto found = quota(mount / path); found && (!result || *found < *result)) result = found;
    if (path.empty()) return result;
  }
}

bool names_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == "cpu") return true;
    if (comma == std::string_view::npos) break;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

std::optional<double> cgroup_quota(const fs::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::optional<double> result;
  const auto keep = [&result](std::optional<double> found) {
    if (found && (!result || *found < *result)) result = found;
  };
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "id:controllers:path"; v2 is "0::path"
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      keep(smallest(mounts, path, quota_v2));
      keep(smallest(mounts / "unified", path, quota_v2));
    } else if (names_cpu(controllers)) {
      for (const char* folder : {"cpu", "cpu,cpuacct", "cpuacct,cpu"}) keep(smallest(mounts / folder, path, quota_v1));
    }
  }
  return result;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string_view digits = text;
  while (digits.back() == '0') digits.remove_suffix(1);
  if (digits.back() == '.') digits.remove_suffix(1);
  return std::string(digits);
}

std::string cpus(double value) { return number(value) + (value == 1 ? " CPU" : " CPUs"); }

}  // namespace

unsigned affinity_cpus() {
  const auto cpus = static_cast<unsigned>(allowed_cpus().size());
  return cpus > 0 ? cpus : std::max(1U, std::thread::hardware_concurrency());
}

CpuBudget cpu_budget(unsigned affinity, const fs::path& root) {
  const double mask = std::max(1U, affinity);
  const auto quota = cgroup_quota(root);
  if (quota && *quota < mask) return {*quota, "cgroup quota of " + cpus(*quota)};
  return {mask, cpus(mask) + " by affinity mask"};
}

// Processes carry the load: one for each CPU, rounded up, scales best where handlers are quick, because nothing is shared. The second
// thread is there so that one slow disk read or one long handler does not stall its worker; more of them wake each other for nothing
// (a futex call or more a request at moderate load) and pay only where handlers compute or block, which is for the configuration to say.
Workforce scaling_workforce(unsigned least, std::optional<unsigned> most, std::optional<unsigned> threads, const CpuBudget& budget) {
  const Workforce automatic = workforce({}, threads, budget);
  Workforce result = workforce(least, threads, budget);
  result.most = std::max(least, most.value_or(automatic.processes));
  result.reason = "up to " + std::to_string(result.most) + " as they are busy; " + (most ? "as configured" : budget.reason);
  return result;
}

Workforce workforce(std::optional<unsigned> processes, std::optional<unsigned> threads, const CpuBudget& budget) {
  Workforce result;
  result.processes = processes.value_or(static_cast<unsigned>(std::max(1.0, std::ceil(budget.cpus))));
  result.threads = threads.value_or(2);
  result.least = result.most = result.processes;
  if (!processes) {
    result.reason = budget.reason;
  } else if (*processes == 0) {
    result.reason = "no supervisor, as configured";
  } else {
    result.reason = "as configured";
  }
  return result;
}

}  // namespace ropeway::launcher
