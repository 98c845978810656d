#include "launcher/src/affinity.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <cerrno>
#include <thread>

#include "launcher/src/cpu_count.hpp"

namespace {

using namespace ropeway::launcher;
using ropeway::config::AffinityConfig;
using ropeway::config::CpuList;
using Mode = AffinityConfig::Mode;

std::vector<CpuList> shared_out(unsigned workers, const CpuList& allowed) {
  std::vector<CpuList> result;
  for (unsigned slot = 0; slot < workers; ++slot) result.push_back(cpus_for({Mode::automatic, {}}, slot, workers, allowed));
  return result;
}

}  // namespace

TEST_CASE("the CPUs that a process may use are shared out among workers") {
  const CpuList four{2, 3, 8, 9};
  CHECK(shared_out(4, four) == std::vector<CpuList>{{2}, {3}, {8}, {9}});
  CHECK(shared_out(2, four) == std::vector<CpuList>{{2, 3}, {8, 9}});
  CHECK(shared_out(3, four) == std::vector<CpuList>{{2}, {3}, {8, 9}});
  CHECK(shared_out(6, four) == std::vector<CpuList>{{2}, {3}, {8}, {9}, {2}, {3}});
  CHECK(shared_out(1, four) == std::vector<CpuList>{{}});
  CHECK(shared_out(2, {}) == std::vector<CpuList>{{}, {}});
}

TEST_CASE("a list is gone through again and again; a canary, and whoever is not to be bound, has no CPUs of its own") {
  const AffinityConfig list{Mode::list, {{0, 1}, {5}}};
  CHECK(cpus_for(list, 0, 3, {0}) == CpuList{0, 1});
  CHECK(cpus_for(list, 1, 3, {0}) == CpuList{5});
  CHECK(cpus_for(list, 2, 3, {0}) == CpuList{0, 1});
  CHECK(cpus_for(list, 3, 3, {0}) == CpuList{});
  CHECK(cpus_for({Mode::automatic, {}}, 2, 2, {0, 1}) == CpuList{});
  CHECK(cpus_for({}, 0, 2, {0, 1}) == CpuList{});
}

TEST_CASE("CPUs that may not be used are mistakes with their places") {
  std::vector<ropeway::ConfigError> mistakes;
  check_affinity({Mode::list, {{0, 1}, {1, 4, 5, 6}, {9}}}, {0, 1, 2, 3}, mistakes);
  REQUIRE(mistakes.size() == 2);
  CHECK(mistakes[0].pointer() == "/affinity/1");
  CHECK(std::string(mistakes[0].what()).starts_with("the CPUs 4-6 are not among those that this process may use, which are 0-3;"));
  CHECK(mistakes[1].pointer() == "/affinity/2");
  CHECK(std::string(mistakes[1].what()).starts_with("CPU 9 is not among"));
}

TEST_CASE("a thread that is bound stays on its CPU, and what counts CPUs sees it") {
  const CpuList all = allowed_cpus();
  REQUIRE_FALSE(all.empty());
  CHECK(affinity_cpus() == all.size());
  std::thread([&] {
    CHECK(bind_to({all.back()}) == 0);
    CHECK(allowed_cpus() == CpuList{all.back()});
    CHECK(::sched_getcpu() == static_cast<int>(all.back()));
    CHECK(affinity_cpus() == 1);
    CHECK(bind_to({}) == 0);
    CHECK(bind_to({60'000}) == EINVAL);
    CHECK(allowed_cpus() == CpuList{all.back()});
  }).join();
  CHECK(allowed_cpus() == all);
}
