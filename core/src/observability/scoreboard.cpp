#include "core/src/observability/scoreboard.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace ropeway::observability {

static_assert(std::atomic<WorkerState>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock in shared memory would outlive the process that holds it");

Scoreboard::Scoreboard(std::size_t workers) {
  if (workers == 0) return;
  void* memory = ::mmap(nullptr, workers * sizeof(WorkerRow), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map the scoreboard of " + std::to_string(workers) + " workers");
  }
  auto* rows = static_cast<WorkerRow*>(memory);
  std::uninitialized_default_construct_n(rows, workers);
  rows_ = {rows, workers};
}

Scoreboard::~Scoreboard() {
  if (!rows_.empty()) ::munmap(rows_.data(), rows_.size_bytes());
}

}  // namespace ropeway::observability
