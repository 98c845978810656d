#include "core/src/shared/segment.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace ropeway::shared {
namespace {

constexpr std::uint64_t magic = 0x315F'4445'5241'4853U;  // "SHARED_1"
// Counts the layouts that there have been: one more wherever what stands in the memory is, or means, something else.
constexpr std::uint32_t layout = 1;
constexpr std::size_t alignment = 64;

std::size_t ring_bytes(const Sizes& sizes) noexcept { return sizes.bus_bytes / alignment * alignment; }

constexpr std::size_t aligned(std::size_t bytes) noexcept { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

struct Segment::Head {
  std::uint64_t magic;
  std::uint32_t layout;
  std::uint32_t mutex_bytes;  // of the C library
  Sizes sizes;
  Secret secret;
  RobustMutex names;  // of counters
  std::array<RobustMutex, LimitTable::shard_count + 1> limits;
  std::array<RobustMutex, CacheTable::most_shards> cache;
  RobustMutex messages;
  RobustMutex claims;
};

Segment::Segment(const Sizes& sizes) {
  descriptor_ = ::memfd_create("ropeway-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  bell_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  try {
    if (descriptor_ < 0 || bell_ < 0) throw std::system_error(errno, std::generic_category(), "the shared memory cannot be made");
    map(sizes);
    auto* head = reinterpret_cast<Head*>(memory_);
    head->sizes = sizes;
    head->mutex_bytes = sizeof(RobustMutex);
    if (::getentropy(&head->secret, sizeof head->secret) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
    for (RobustMutex* mutex : {&head->names, &head->messages, &head->claims}) mutex->make();
    for (RobustMutex& mutex : head->limits) mutex.make();
    for (RobustMutex& mutex : head->cache) mutex.make();
    head->layout = layout;
    head->magic = magic;
    attach(sizes);
  } catch (...) {
    if (memory_ != nullptr) ::munmap(memory_, bytes_);
    ::close(descriptor_);
    ::close(bell_);
    throw;
  }
}

Segment::Segment(int descriptor, int bell, const Sizes& sizes) : descriptor_(descriptor), bell_(bell) {
  map(sizes);
  attach(sizes);
}

std::unique_ptr<Segment> Segment::take_over(int descriptor, int bell, const Sizes& sizes) {
  Head head;  // NOLINT(cppcoreguidelines-pro-type-member-init): read, or not used
  struct stat status{};
  const bool is_there =
      ::pread(descriptor, &head, sizeof head, 0) == static_cast<ssize_t>(sizeof head) && ::fstat(descriptor, &status) == 0;
  if (!is_there || head.magic != magic || head.layout != layout || head.mutex_bytes != sizeof(RobustMutex) || !(head.sizes == sizes) ||
      static_cast<std::size_t>(status.st_size) != bytes_for(sizes) || bell < 0) {
    for (const int each : {descriptor, bell}) {
      if (each >= 0) ::close(each);
    }
    return nullptr;
  }
  return std::unique_ptr<Segment>(new Segment(descriptor, bell, sizes));
}

std::size_t Segment::bytes_for(const Sizes& sizes) noexcept {
  return aligned(sizeof(Head)) + aligned(CounterTable::bytes(sizes.counters)) + aligned(LimitTable::bytes(sizes.rate_limits)) +
         aligned(ClaimTable::bytes()) + aligned(CacheTable::bytes(sizes.cache_bytes)) + aligned(MessageRing::bytes(ring_bytes(sizes)));
}

Segment::~Segment() {
  ::munmap(memory_, bytes_);
  ::close(descriptor_);
  ::close(bell_);
}

void Segment::ring() const noexcept {
  const std::uint64_t one = 1;
  (void)!::write(bell_, &one, sizeof one);
}

// Nobody can make it shorter from then on, which would kill whoever reads.
void Segment::map(const Sizes& sizes) {
  bytes_ = bytes_for(sizes);
  const bool sized = ::ftruncate(descriptor_, static_cast<off_t>(bytes_)) == 0;
  if (sized) ::fcntl(descriptor_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  void* memory = sized ? ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor_, 0) : MAP_FAILED;
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "cannot map the shared memory of " + std::to_string(bytes_) + " bytes");
  }
  memory_ = static_cast<std::byte*>(memory);
}

void Segment::attach(const Sizes& sizes) {
  auto* head = reinterpret_cast<Head*>(memory_);
  std::byte* place = memory_ + aligned(sizeof(Head));
  counters_.emplace(place, sizes.counters, head->names, head->secret);
  place += aligned(CounterTable::bytes(sizes.counters));
  limits_.emplace(place, sizes.rate_limits, head->limits);
  place += aligned(LimitTable::bytes(sizes.rate_limits));
  claims_.emplace(place, head->claims);
  place += aligned(ClaimTable::bytes());
  cache_.emplace(place, sizes.cache_bytes, head->cache);
  place += aligned(CacheTable::bytes(sizes.cache_bytes));
  messages_.emplace(place, ring_bytes(sizes), head->messages);
}

const Secret& Segment::secret() const noexcept { return reinterpret_cast<const Head*>(memory_)->secret; }

}  // namespace ropeway::shared
