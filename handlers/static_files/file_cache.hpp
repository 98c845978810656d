#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "handlers/static_files/served_file.hpp"

namespace ropeway::handlers {

/// The files that were asked for lately: large ones stay open, small ones are kept in memory. The one used longest ago goes first.
///
/// The caller looks at the file's status before each use, and an entry counts only if its identity is still the same; so a change is seen
/// at once. That does not prove that the *name* still leads to a place inside the root (a folder may have been moved away and replaced by a
/// link to it); therefore an entry counts for at most `resolution_time`, and then its name is resolved anew.
/// Thread-safe: split by name into shards, each with a lock that is held for a few instructions.
class FileCache {
 public:
  static constexpr auto resolution_time = std::chrono::seconds(1);
  /// Entries that nobody used for this long go when another one comes, so that a deleted file does not keep its room on the disk for ever.
  static constexpr auto idle_time = std::chrono::minutes(1);

  /// Bounds of the whole cache; `entries` of 0 turns it off.
  struct Limits {
    std::size_t entries = 0;
    std::size_t descriptors = 0;   ///< files that are kept open
    std::uint64_t bytes = 0;       ///< memory for names and contents
    std::uint64_t file_bytes = 0;  ///< up to this size a file's content is kept in memory
  };

  explicit FileCache(const Limits& limits);

  [[nodiscard]] bool enabled() const noexcept { return limits_.entries > 0; }
  /// The entry for `path` if it is in the state that `identity` tells; nullptr otherwise. Allocates nothing.
  [[nodiscard]] std::shared_ptr<const ServedFile> find(std::string_view path, const FileIdentity& identity,
                                                       std::chrono::steady_clock::time_point now) noexcept;
  /// Keeps `file` under `path`, in place of what was there, unless it is not settled or does not fit in.
  void insert(std::string_view path, const std::shared_ptr<const ServedFile>& file);

  /// Drops the entry for `path`, whose file is gone.
  void forget(std::string_view path) noexcept;

  /// What the cache holds now, summed over its shards one after another.
  struct Usage {
    std::size_t entries = 0;
    std::size_t descriptors = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Usage usage() const;

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<const ServedFile> file;
    [[nodiscard]] std::uint64_t bytes() const noexcept { return sizeof(Entry) + sizeof(ServedFile) + 2 * path.size() + file->bytes.size(); }
  };
  using Entries = std::list<Entry>;  // the last used first
  struct Shard {
    mutable std::mutex mutex;
    Entries entries;
    std::unordered_map<std::string_view, Entries::iterator> by_path;  // the keys are views of the entries' paths
    Usage usage;
    void take_out(Entries::iterator entry, Entries& removed);
  };

  static constexpr std::size_t most_shards = 16;
  [[nodiscard]] Shard& shard_of(std::string_view path) noexcept { return shards_[std::hash<std::string_view>()(path) % shard_count_]; }

  Limits limits_;
  std::size_t shard_count_ = 1;
  Limits shard_limits_;
  std::array<Shard, most_shards> shards_;
};

}  // namespace ropeway::handlers
