#include "core/src/server/address_counts.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace ropeway::server {
namespace {

// The finaliser of SplitMix64: every bit of the input changes half of the output's.
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
  value = (value ^ value >> 27) * 0x94D049BB133111EBU;
  return value ^ value >> 31;
}

}  // namespace

AddressCounts::AddressCounts(std::size_t most) : most_(most), seed_(0) { (void)::getentropy(&seed_, sizeof seed_); }

AddressCounts::Key AddressCounts::key_of(const void* address, std::size_t size) const noexcept {
  std::uint64_t network = 0;
  const auto family = static_cast<const sockaddr*>(address)->sa_family;
  if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    network = static_cast<const sockaddr_in*>(address)->sin_addr.s_addr;
  } else if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const in6_addr& in6 = static_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&in6)) {
      std::uint32_t in4 = 0;
      std::memcpy(&in4, in6.s6_addr + 12, sizeof in4);
      network = in4;
    } else {
      std::memcpy(&network, in6.s6_addr, sizeof network);
    }
  } else {
    return 0;
  }
  const Key key = mix(mix(network ^ seed_) + seed_);
  return key == 0 ? 1 : key;
}

AddressCounts::Entry AddressCounts::enter(const void* address, std::size_t size) {
  if (most_ == 0) return {};
  const Key key = key_of(address, size);
  if (key == 0) return {};
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  return {key, ++shard.counts[key] > most_};
}

void AddressCounts::leave(Key key) noexcept {
  if (key == 0) return;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.counts.find(key);
  if (found != shard.counts.end() && --found->second == 0) shard.counts.erase(found);
}

}  // namespace ropeway::server
