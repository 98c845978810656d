#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace ropeway::server {

/// How many connections each address has open, where somebody set a limit. An IPv6 client has a whole /64, so that is what counts there.
/// Thread-safe.
class AddressCounts {
 public:
  /// Stands for an address; 0 for a client that is not counted (on a unix socket, or without a limit).
  using Key = std::uint64_t;

  /// `most`: connections of one address; 0: no limit.
  explicit AddressCounts(std::size_t most);

  /// Counts a connection from `address` (a sockaddr of `size` bytes). Says whether it is one too many; it is counted all the same.
  struct Entry {
    Key key = 0;
    bool too_many = false;
  };
  [[nodiscard]] Entry enter(const void* address, std::size_t size);
  /// One connection of that address has ended.
  void leave(Key key) noexcept;

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, std::uint32_t> counts;  // one entry for each address that has a connection
  };
  [[nodiscard]] Key key_of(const void* address, std::size_t size) const noexcept;
  [[nodiscard]] Shard& shard_of(Key key) noexcept { return shards_[key % shards_.size()]; }

  std::size_t most_;
  std::uint64_t seed_;  // so that nobody can choose addresses that share a key
  std::array<Shard, 16> shards_;
};

}  // namespace ropeway::server
