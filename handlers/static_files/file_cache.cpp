#include "handlers/static_files/file_cache.hpp"

#include <algorithm>

namespace ropeway::handlers {

FileCache::FileCache(const Limits& limits) : limits_(limits) {
  // Few shards where the bounds are small, so that each can hold several files.
  const std::uint64_t by_descriptors = limits.descriptors == 0 ? most_shards : limits.descriptors / 8;
  const auto fitting = std::min<std::uint64_t>({limits.entries / 32, by_descriptors, limits.bytes / (4 * limits.file_bytes + 4096)});
  shard_count_ = std::clamp<std::size_t>(static_cast<std::size_t>(fitting), 1, most_shards);
  shard_limits_ = {limits.entries / shard_count_, limits.descriptors / shard_count_, limits.bytes / shard_count_, limits.file_bytes};
}

std::shared_ptr<const ServedFile> FileCache::find(std::string_view path, const FileIdentity& identity,
                                                  std::chrono::steady_clock::time_point now) noexcept {
  if (!enabled()) return nullptr;
  Shard& shard = shard_of(path);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_path.find(path);
  if (found == shard.by_path.end()) return nullptr;
  const auto entry = found->second;
  if (!(entry->file->identity == identity) || now - entry->file->resolved >= resolution_time) return nullptr;
  if (entry != shard.entries.begin()) shard.entries.splice(shard.entries.begin(), shard.entries, entry);
  return entry->file;
}

void FileCache::insert(std::string_view path, const std::shared_ptr<const ServedFile>& file) {
  if (!enabled()) return;
  Entries added;
  added.push_back({std::string(path), file});
  Entries removed;  // destroyed, and its files closed, after the lock
  Shard& shard = shard_of(path);
  const std::lock_guard lock(shard.mutex);
  if (const auto old = shard.by_path.find(path); old != shard.by_path.end()) shard.take_out(old->second, removed);
  while (!shard.entries.empty() && file->resolved - shard.entries.back().file->resolved >= idle_time) {
    shard.take_out(std::prev(shard.entries.end()), removed);
  }
  const std::size_t descriptors = file->file ? 1 : 0;
  const std::uint64_t bytes = added.front().bytes();
  if (!file->settled || bytes > shard_limits_.bytes || descriptors > shard_limits_.descriptors) return;
  const auto has_room = [&] {
    return shard.usage.entries < shard_limits_.entries && shard.usage.bytes + bytes <= shard_limits_.bytes &&
           shard.usage.descriptors + descriptors <= shard_limits_.descriptors;
  };
  while (!has_room()) shard.take_out(std::prev(shard.entries.end()), removed);
  shard.by_path.emplace(added.front().path, added.begin());
  shard.entries.splice(shard.entries.begin(), added);
  shard.usage = {shard.usage.entries + 1, shard.usage.descriptors + descriptors, shard.usage.bytes + bytes};
}

void FileCache::forget(std::string_view path) noexcept {
  if (!enabled()) return;
  Entries removed;
  Shard& shard = shard_of(path);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_path.find(path); found != shard.by_path.end()) shard.take_out(found->second, removed);
}

void FileCache::Shard::take_out(Entries::iterator entry, Entries& removed) {
  usage = {usage.entries - 1, usage.descriptors - (entry->file->file ? 1U : 0U), usage.bytes - entry->bytes()};
  by_path.erase(std::string_view(entry->path));
  removed.splice(removed.begin(), entries, entry);
}

FileCache::Usage FileCache::usage() const {
  Usage sum;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum = {sum.entries + shard.usage.entries, sum.descriptors + shard.usage.descriptors, sum.bytes + shard.usage.bytes};
  }
  return sum;
}

}  // namespace ropeway::handlers
