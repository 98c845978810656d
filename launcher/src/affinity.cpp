#include "launcher/src/affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>

#include "core/src/config/printable.hpp"

namespace ropeway::launcher {
namespace {

using Mode = config::AffinityConfig::Mode;

}  // namespace

config::CpuList allowed_cpus() {
  // The set grows until the kernel's mask fits: machines with more than 1,024 CPUs exist.
  for (int capacity = CPU_SETSIZE; capacity <= CPU_SETSIZE * 64; capacity *= 2) {
    std::vector<cpu_set_t> sets(static_cast<std::size_t>(capacity / CPU_SETSIZE));
    const std::size_t bytes = sets.size() * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, sets.data()) != 0) continue;
    config::CpuList cpus;
    for (int cpu = 0; cpu < capacity; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, sets.data())) cpus.push_back(static_cast<unsigned>(cpu));
    }
    return cpus;
  }
  return {};
}

void check_affinity(const config::AffinityConfig& affinity, const config::CpuList& allowed, std::vector<ConfigError>& mistakes) {
  if (allowed.empty()) return;
  for (std::size_t i = 0; i < affinity.cpus.size(); ++i) {
    config::CpuList missing;
    std::ranges::set_difference(affinity.cpus[i], allowed, std::back_inserter(missing));
    if (missing.empty()) continue;
    mistakes.emplace_back("/affinity/" + std::to_string(i),
                          (missing.size() == 1 ? "CPU " : "the CPUs ") + config::text_of(missing) + (missing.size() == 1 ? " is" : " are") +
                              " not among those that this process may use, which are " + config::text_of(allowed) +
                              "; others do not exist, or its affinity mask (taskset, a cpuset) leaves them out");
  }
}

config::CpuList cpus_for(const config::AffinityConfig& affinity, unsigned slot, unsigned workers, const config::CpuList& allowed) {
  if (slot >= std::max(1U, workers)) return {};
  switch (affinity.mode) {
    case Mode::none: return {};
    case Mode::list: return affinity.cpus[slot % affinity.cpus.size()];
    case Mode::automatic: break;
  }
  const std::size_t count = allowed.size();
  if (count == 0 || workers <= 1) return {};  // it is where it may be anyway
  if (workers >= count) return {allowed[slot % count]};
  const auto first = allowed.begin() + static_cast<std::ptrdiff_t>(count * slot / workers);
  const auto last = allowed.begin() + static_cast<std::ptrdiff_t>(count * (slot + 1) / workers);
  return {first, last};
}

std::vector<config::CpuList> cpus_of_slots(const config::AffinityConfig& affinity, unsigned workers) {
  const config::CpuList allowed = allowed_cpus();
  std::vector<config::CpuList> result;
  for (unsigned slot = 0; slot < workers; ++slot) result.push_back(cpus_for(affinity, slot, workers, allowed));
  return result;
}

int bind_to(const config::CpuList& cpus) noexcept {
  try {
    if (cpus.empty()) return 0;
    std::vector<cpu_set_t> sets(cpus.back() / CPU_SETSIZE + 1);
    const std::size_t bytes = sets.size() * sizeof(cpu_set_t);
    for (const unsigned cpu : cpus) CPU_SET_S(cpu, bytes, sets.data());
    return ::sched_setaffinity(0, bytes, sets.data()) == 0 ? 0 : errno;
  } catch (const std::bad_alloc&) { return ENOMEM; }
}

}  // namespace ropeway::launcher
