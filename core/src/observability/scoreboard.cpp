#include "core/src/observability/scoreboard.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace ropeway::observability {

static_assert(std::atomic<WorkerState>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock in shared memory would outlive the process that holds it");

namespace {

// The next `count` objects at `place`, which moves behind them.
template <class T>
std::span<T> make(std::byte*& place, std::size_t count) {
  auto* first = reinterpret_cast<T*>(place);
  std::uninitialized_default_construct_n(first, count);
  place += count * sizeof(T);
  return {first, count};
}

}  // namespace

Scoreboard::Scoreboard(std::size_t workers, std::size_t threads, std::size_t routes) : threads_(threads) {
  if (workers == 0) return;
  size_in_bytes_ =
      workers * (sizeof(WorkerRow) + threads * sizeof(ThreadSlot) + 2 * sizeof(StackRecord)) + routes * sizeof(std::atomic<bool>);
  void* memory = ::mmap(nullptr, size_in_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map the scoreboard of " + std::to_string(workers) + " workers");
  }
  auto* place = static_cast<std::byte*>(memory);  // a page's beginning; the sizes of the first two are multiples of their alignment
  rows_ = make<WorkerRow>(place, workers);
  slots_ = make<ThreadSlot>(place, workers * threads);
  crashes_ = make<StackRecord>(place, workers);
  stalls_ = make<StackRecord>(place, workers);
  closed_routes_ = make<std::atomic<bool>>(place, routes);
}

Scoreboard::~Scoreboard() {
  if (!rows_.empty()) ::munmap(rows_.data(), size_in_bytes_);
}

}  // namespace ropeway::observability
