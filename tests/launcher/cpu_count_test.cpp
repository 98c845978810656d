#include "launcher/src/cpu_count.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace cpu_count_test {
namespace {

using namespace ropeway::launcher;
namespace fs = std::filesystem;

// A root folder with the files of a case, removed at its end.
class FakeRoot {
 public:
  explicit FakeRoot(const std::vector<std::pair<std::string, std::string>>& files) {
    std::string name = fs::temp_directory_path() / "ropeway_cpu_XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    for (const auto& [file, text] : files) {
      fs::create_directories((path_ / file).parent_path());
      std::ofstream(path_ / file) << text;
    }
  }
  ~FakeRoot() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Case {
  const char* name;
  std::vector<std::pair<std::string, std::string>> files;
  double cpus;
  const char* reason;
};

TEST_CASE("the CPU budget is the smaller of the affinity mask and the cgroup quotas") {
  const std::string v2 = "0::/app\n";
  const std::string v1 = "5:memory:/x\n3:cpu,cpuacct:/docker/abc\n2:cpuset:/\n";
  const std::vector<Case> cases{
      {"nothing to read", {}, 8, "8 CPUs by affinity mask"},
      {"v2 without a quota", {{"proc/self/cgroup", v2}, {"sys/fs/cgroup/app/cpu.max", "max 100000\n"}}, 8, "8 CPUs by affinity mask"},
      {"v2 quota", {{"proc/self/cgroup", v2}, {"sys/fs/cgroup/app/cpu.max", "150000 100000\n"}}, 1.5, "cgroup quota of 1.5 CPUs"},
      {"v2 quota of one", {{"proc/self/cgroup", v2}, {"sys/fs/cgroup/app/cpu.max", "100000 100000\n"}}, 1, "cgroup quota of 1 CPU"},
      {"v2 quota above the mask",
       {{"proc/self/cgroup", v2}, {"sys/fs/cgroup/app/cpu.max", "1600000 100000\n"}},
       8,
       "8 CPUs by affinity mask"},
      {"v2 quota of a group above",
       {{"proc/self/cgroup", "0::/a/b\n"},
        {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"},
        {"sys/fs/cgroup/a/cpu.max", "250000 100000\n"}},
       2.5,
       "cgroup quota of 2.5 CPUs"},
      {"v2 beside v1", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/unified/cpu.max", "300000 100000\n"}}, 3, "cgroup quota of 3 CPUs"},
      {"v2 nonsense", {{"proc/self/cgroup", v2}, {"sys/fs/cgroup/app/cpu.max", "0 0\n"}}, 8, "8 CPUs by affinity mask"},
      {"v1 quota",
       {{"proc/self/cgroup", v1},
        {"sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "50000\n"},
        {"sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n"}},
       0.5,
       "cgroup quota of 0.5 CPUs"},
      {"v1 in a container that sees its group as the mount",
       {{"proc/self/cgroup", v1},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
       2,
       "cgroup quota of 2 CPUs"},
      {"v1 without a quota",
       {{"proc/self/cgroup", v1}, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"}, {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
       8,
       "8 CPUs by affinity mask"},
      {"a quota of another controller",
       {{"proc/self/cgroup", "3:cpuset:/\n"},
        {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"},
        {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
       8,
       "8 CPUs by affinity mask"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const FakeRoot root(test.files);
    const CpuBudget budget = cpu_budget(8, root.path());
    CHECK(budget.cpus == doctest::Approx(test.cpus));
    CHECK(budget.reason == test.reason);
  }
}

TEST_CASE("processes follow the budget rounded up, and threads are two, where nothing is configured") {
  const CpuBudget budget{1.5, "cgroup quota of 1.5 CPUs"};
  const Workforce automatic = workforce({}, {}, budget);
  CHECK(automatic.processes == 2);
  CHECK(automatic.threads == 2);
  CHECK(automatic.reason == budget.reason);
  CHECK(workforce({}, 7, {0.2, ""}).processes == 1);
  CHECK(workforce({}, 7, {0.2, ""}).threads == 7);
}

TEST_CASE("configured counts win over the budget and say so") {
  const CpuBudget budget{64, "64 CPUs by affinity mask"};
  CHECK(workforce(3, 5, budget).processes == 3);
  CHECK(workforce(3, 5, budget).threads == 5);
  CHECK(workforce(3, 5, budget).reason == "as configured");
  CHECK(workforce(0, {}, budget).processes == 0);
  CHECK(workforce(0, {}, budget).reason == "no supervisor, as configured");
}

TEST_CASE("the affinity mask of this process is counted") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(affinity_cpus() == static_cast<unsigned>(CPU_COUNT(&before)));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(affinity_cpus() == 1);
  ::sched_setaffinity(0, sizeof before, &before);
}

}  // namespace

}  // namespace cpu_count_test
