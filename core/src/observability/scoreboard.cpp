#include "core/src/observability/scoreboard.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
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

std::size_t whole_pages(std::size_t bytes) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

Scoreboard::Scoreboard(const ScoreboardSize& size)
    : threads_(size.io_threads + size.pool_threads),
      io_threads_(size.io_threads),
      counted_routes_(std::min(size.routes, most_counted_routes) + 1),
      counted_bytes_(whole_pages(io_threads_ * counted_routes_ * sizeof(RouteCounters))) {
  if (size.workers == 0) return;
  const std::size_t of_worker = sizeof(WorkerRow) + threads_ * sizeof(ThreadSlot) + io_threads_ * sizeof(ThreadCounters) +
                                2 * sizeof(StackRecord) + most_objects * sizeof(MappedObject) + sizeof(WorkerFaults);
  const std::size_t first = whole_pages(size.workers * of_worker + (size.routes + 1) * sizeof(std::atomic<bool>));
  size_in_bytes_ = first + size.workers * counted_bytes_;
  void* memory = ::mmap(nullptr, size_in_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map the scoreboard of " + std::to_string(size.workers) + " workers");
  }
  auto* place = static_cast<std::byte*>(memory);  // a page's beginning; the sizes of the first three are multiples of their alignment
  route_counters_ = {place + first, size.workers * counted_bytes_};
  rows_ = make<WorkerRow>(place, size.workers);
  slots_ = make<ThreadSlot>(place, size.workers * threads_);
  counters_ = make<ThreadCounters>(place, size.workers * io_threads_);
  crashes_ = make<StackRecord>(place, size.workers);
  stalls_ = make<StackRecord>(place, size.workers);
  objects_ = make<MappedObject>(place, size.workers * most_objects);
  faults_ = make<WorkerFaults>(place, size.workers);
  closed_routes_ = make<std::atomic<bool>>(place, size.routes);
  ending_ = make<std::atomic<bool>>(place, 1).data();
}

Scoreboard::~Scoreboard() {
  if (!rows_.empty()) ::munmap(rows_.data(), size_in_bytes_);
}

void Scoreboard::forget_counts(std::size_t worker) noexcept {
  for (ThreadCounters& counters : counters(worker)) {
    for (auto* counter : {&counters.begun, &counters.ended, &counters.answered, &counters.server_errors}) *counter = 0;
    for (auto& word : counters.used) word = 0;
  }
  const std::span<std::byte> counted = route_counters_.subspan(worker * counted_bytes_, counted_bytes_);
  if (::madvise(counted.data(), counted.size(), MADV_REMOVE) != 0) std::memset(counted.data(), 0, counted.size());
}

WorkerTotals Scoreboard::totals(std::size_t worker) const noexcept {
  WorkerTotals totals;
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
  for (const ThreadCounters& thread : counters_.subspan(worker * io_threads_, io_threads_)) {
    totals.requests += thread.answered;
    totals.server_errors += thread.server_errors;
    ended += thread.ended;
    begun += thread.begun;
  }
  totals.in_flight = begun > ended ? begun - ended : 0;
  return totals;
}

LatencySum Scoreboard::latency(std::size_t worker) const noexcept {
  LatencySum sum;
  for (std::size_t thread = 0; thread < io_threads_; ++thread) {
    for (std::size_t route = 0; route < counted_routes_; ++route) add_latency(worker, thread, route, sum);
  }
  return sum;
}

LatencySum Scoreboard::latency(std::size_t worker, std::size_t route) const noexcept {
  LatencySum sum;
  for (std::size_t thread = 0; thread < io_threads_; ++thread) add_latency(worker, thread, route, sum);
  return sum;
}

void Scoreboard::add_latency(std::size_t worker, std::size_t thread, std::size_t route, LatencySum& sum) const noexcept {
  const ThreadCounters& counters = counters_[worker * io_threads_ + thread];
  if ((counters.used[route / 64].load(std::memory_order_relaxed) >> route % 64 & 1U) == 0) return;
  const auto* its = reinterpret_cast<const RouteCounters*>(route_counters_.data() + worker * counted_bytes_);
  its[thread * counted_routes_ + route].add_to(sum);
}

}  // namespace ropeway::observability
