#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ropeway::launcher {

/// How much CPU this process may use, and who says so.
struct CpuBudget {
  double cpus = 1;     // a quota may be a fraction
  std::string reason;  // "2 CPUs by affinity mask", "cgroup quota of 1.5 CPUs"
};

/// How many CPUs the affinity mask of this process has.
[[nodiscard]] unsigned affinity_cpus();
/// The smaller of the affinity mask and the CPU quotas (cgroup v2 and v1) of this process's group and those above it.
/// `root` is where `proc` and `sys` are looked for.
[[nodiscard]] CpuBudget cpu_budget(unsigned affinity, const std::filesystem::path& root = "/");

/// How many processes and threads run, and why.
struct Workforce {
  unsigned processes = 1;
  unsigned threads = 1;
  std::string reason;
  unsigned least = 1, most = 1;  // processes, where their number follows the load
};

/// What was configured, and the rest by the budget.
[[nodiscard]] Workforce workforce(std::optional<unsigned> processes, std::optional<unsigned> threads, const CpuBudget& budget);
/// The same where the number of processes follows the load: `least` of them to begin with, and at most `most`.
[[nodiscard]] Workforce scaling_workforce(unsigned least, std::optional<unsigned> most, std::optional<unsigned> threads,
                                          const CpuBudget& budget);

}  // namespace ropeway::launcher
