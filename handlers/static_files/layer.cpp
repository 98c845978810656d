#include <cerrno>

#include "handlers/static_files/file_server.hpp"

namespace ropeway::handlers {

Layer::Layer(Root root, const FileOptions& options, const FileCache::Limits& limits, const Clock& clock)
    : options_(options), clock_(clock), root_(std::move(root)), looked_at_(clock.steady_now()), cache_(limits) {}

void Layer::look_after_root() noexcept {
  const auto now = clock_.steady_now();
  auto looked_at = looked_at_.load(std::memory_order_relaxed);
  if (now - looked_at < FileCache::resolution_time) return;
  if (looked_at_.compare_exchange_strong(looked_at, now, std::memory_order_relaxed)) root_.follow_name();
}

Layer::Found Layer::find(RelativePath& path, Kind kind) {
  look_after_root();
  struct stat status;
  const int error = root_.status(path.c_str(), status);
  if (error != 0) {
    cache_.forget(path.view());
    // A folder on the way that may not be searched, perhaps outside: that is for the confined way to tell.
    return error == EACCES ? load(path, kind) : Found{nullptr, error};
  }
  if (S_ISDIR(status.st_mode)) return load(path, kind, true);
  if (!S_ISREG(status.st_mode)) return {nullptr, ENXIO};
  if (auto file = cache_.find(path.view(), FileIdentity(status), clock_.steady_now())) return {std::move(file)};
  return load(path, kind);
}

Layer::Found Layer::load(RelativePath& path, Kind kind, bool is_folder) {
  const Moment now{clock_.now(), clock_.steady_now()};
  Root::Opened opened = root_.open(path.c_str(), is_folder ? Root::Purpose::locate : Root::Purpose::read);
  if (!opened.file) return {nullptr, opened.error};
  if (is_folder) return {nullptr, EISDIR};
  NameFacts facts{options_.media_types.of(path.view()), {}, options_.rules.match(path.view())};
  if (kind == Kind::original) facts.siblings = find_siblings(path);
  auto file = load_file(std::move(opened.file), options_.cache.file_bytes, now, std::move(facts));
  if (!file) return {nullptr, errno};
  cache_.insert(path.view(), file);
  return {std::move(file)};
}

CodingSet Layer::find_siblings(RelativePath& path) const {
  CodingSet siblings;
  const std::size_t size = path.size();
  for (const ContentCoding coding : options_.precompressed) {
    struct stat status;
    if (path.append(sibling_suffix(coding)) && root_.status(path.c_str(), status) == 0 && S_ISREG(status.st_mode)) siblings.add(coding);
    path.truncate(size);
  }
  return siblings;
}

}  // namespace ropeway::handlers
