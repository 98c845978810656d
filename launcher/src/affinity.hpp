#pragma once

#include <vector>

#include <ropeway/config_node.hpp>

#include "core/src/config/server_config.hpp"

namespace ropeway::launcher {

/// The CPUs that this process may use: its affinity mask, which the cgroup's cpuset bounds. Empty where the kernel does not tell.
[[nodiscard]] config::CpuList allowed_cpus();

/// Adds to `mistakes` the CPUs that are asked for and are none of `allowed`.
void check_affinity(const config::AffinityConfig& affinity, const config::CpuList& allowed, std::vector<ConfigError>& mistakes);

/// The CPUs for the worker of `slot`, of `workers`; empty where it is not bound: also for whoever comes beyond them, as a canary does.
/// `automatic` shares `allowed` out: so many CPUs side by side for each worker, or so many workers for each CPU.
[[nodiscard]] config::CpuList cpus_for(const config::AffinityConfig& affinity, unsigned slot, unsigned workers,
                                       const config::CpuList& allowed);

/// The same for all slots, of the CPUs that this process may use.
[[nodiscard]] std::vector<config::CpuList> cpus_of_slots(const config::AffinityConfig& affinity, unsigned workers);

/// Binds this thread, and those that it starts, to them. Gives 0 or an errno; then it runs where it may.
[[nodiscard]] int bind_to(const config::CpuList& cpus) noexcept;

}  // namespace ropeway::launcher
