#include "launcher/src/scaler.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace ropeway::launcher {
namespace {

// How much of a set of threads is inside handlers just now.
double occupancy(std::span<const observability::ThreadSlot> threads) noexcept {
  if (threads.empty()) return 0;
  const auto inside =
      std::ranges::count_if(threads, [](const auto& thread) { return thread.since().count() != observability::ThreadSlot::idle; });
  return static_cast<double>(inside) / static_cast<double>(threads.size());
}

}  // namespace

unsigned Scaler::note(double share, unsigned count, unsigned least, unsigned most, Time now) noexcept {
  const auto past = noted_ ? now - *noted_ : Time::duration::zero();
  noted_ = now;
  const double weight = 1 - std::exp(-std::chrono::duration<double>(past) / std::chrono::duration<double>(memory));
  share_ += (share - share_) * weight;

  if (share_ > busy && count < most && (!changed_ || now - *changed_ >= between_more)) {
    changed_ = now;
    idle_since_.reset();
    return std::max(count + 1, least);
  }
  const bool has_spare = count > least && count > 1 && share_ * count < idle * (count - 1);
  if (!has_spare) {
    idle_since_.reset();
  } else if (!idle_since_) {
    idle_since_ = now;
  } else if (now - *idle_since_ >= idle_for) {
    changed_ = now;
    idle_since_ = now - idle_for + between_more;  // a next one does not have to wait as long
    return std::min(count - 1, most);
  }
  return std::clamp(count, least, most);
}

std::optional<double> BusyMeter::measure(Deployment& deployment, Time now) {
  const auto past = measured_ ? now - *measured_ : Time::duration::zero();
  measured_ = now;
  std::unordered_map<pid_t, std::chrono::nanoseconds> used;
  const auto members = deployment.generation().members();
  double sum = 0;
  for (const WorkerHandle& worker : members) {
    if (!worker.accepts()) {
      sum += 1;
      continue;
    }
    const auto threads = deployment.setup()->scoreboard.threads(worker.slot());
    const std::size_t io_threads = deployment.force().threads;
    double its = std::max(occupancy(threads.first(io_threads)), occupancy(threads.subspan(io_threads)));
    const std::chrono::nanoseconds total = used[worker.pid()] = cpu_time(worker.pid());
    if (const auto before = used_.find(worker.pid()); before != used_.end() && past.count() > 0) {
      its = std::max(its, std::chrono::duration<double>(total - before->second) / (past * static_cast<double>(io_threads)));
    }
    sum += std::min(its, 1.0);
  }
  used_ = std::move(used);
  if (past.count() == 0) return std::nullopt;
  return sum / static_cast<double>(members.size());
}

std::chrono::nanoseconds cpu_time(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return {};
  const std::size_t name_end = line.rfind(')');  // a name may hold anything
  if (name_end == std::string::npos) return {};
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return std::chrono::nanoseconds((user + system) * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))));
}

}  // namespace ropeway::launcher
