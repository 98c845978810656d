#include "handlers/static_files/served_file.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace ropeway::handlers {
namespace {

// Longer than any kernel's tick (10 ms at 100 Hz), shorter than anybody waits.
constexpr auto settling_time = std::chrono::milliseconds(50);
constexpr int read_attempts = 3;

/// Reads `size` bytes, or fewer where the file ends before; false on an error.
[[nodiscard]] bool read_whole(int descriptor, std::size_t size, std::string& bytes) {
  bytes.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(descriptor, bytes.data() + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return true;
}

}  // namespace

std::string_view sibling_suffix(ContentCoding coding) noexcept {
  switch (coding) {
    case ContentCoding::gzip: return ".gz";
    case ContentCoding::br: return ".br";
    case ContentCoding::zstd: return ".zst";
    case ContentCoding::identity: break;
  }
  return {};
}

std::shared_ptr<const ServedFile> load_file(std::shared_ptr<const OpenFile> file, std::uint64_t small_bytes, Moment now, NameFacts facts) {
  struct stat status{};
  if (::fstat(file->descriptor(), &status) != 0) return nullptr;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return nullptr;
  }
  std::string bytes;
  bool is_small = false;
  bool is_whole = true;
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    const FileIdentity before(status);
    is_small = static_cast<std::uint64_t>(status.st_size) <= small_bytes;
    if (!is_small) break;
    if (!read_whole(file->descriptor(), static_cast<std::size_t>(status.st_size), bytes)) return nullptr;
    if (::fstat(file->descriptor(), &status) != 0) return nullptr;
    is_whole = FileIdentity(status) == before && bytes.size() == static_cast<std::size_t>(status.st_size);
    if (is_whole) break;  // otherwise somebody is writing it
  }
  const FileIdentity identity(status);
  const auto size = is_small ? bytes.size() : static_cast<std::uint64_t>(status.st_size);
  if (!is_small) bytes.clear();
  return std::make_shared<const ServedFile>(ServedFile{
      .identity = identity,
      .size = size,
      .modified = std::min(time_of(identity.modified), now.calendar),  // RFC 9110 §8.8.2.1
      .etag = etag_of(identity),
      .media_type = std::move(facts.media_type),
      .file = is_small ? nullptr : std::move(file),
      .bytes = std::move(bytes),
      .is_small = is_small,
      .siblings = facts.siblings,
      .rules = facts.rules,
      .settled = is_whole && now.calendar - time_of(identity.changed) >= settling_time,
      .resolved = now.steady,
  });
}

Response respond_with(const Request& request, const std::shared_ptr<const ServedFile>& served, std::string_view media_type) {
  const FileDescription description{served->size, served->modified, served->etag, media_type};
  if (served->is_small) return file_response(request, description, nullptr, SharedBytes{served, served->bytes});
  return file_response(request, description, served->file);
}

}  // namespace ropeway::handlers
