#pragma once

#include <chrono>
#include <ctime>
#include <string>

#include <sys/stat.h>

namespace ropeway::handlers {

/// What tells one state of one file from every other: if all of it is equal, the content is.
///
/// The exception is a change within one tick of the file system's clock after the moment of the look; a file that changed just now is not kept by its identity.
struct FileIdentity {
  explicit FileIdentity(const struct stat& status) noexcept
      : device(status.st_dev), inode(status.st_ino), size(status.st_size), modified(status.st_mtim), changed(status.st_ctim) {}
  [[nodiscard]] bool operator==(const FileIdentity& other) const noexcept {
    return inode == other.inode && changed.tv_nsec == other.changed.tv_nsec && changed.tv_sec == other.changed.tv_sec &&
           size == other.size && modified.tv_nsec == other.modified.tv_nsec && modified.tv_sec == other.modified.tv_sec &&
           device == other.device;
  }
  dev_t device;
  ino_t inode;
  off_t size;
  timespec modified;
  timespec changed;
};

/// The entity tag of that state, with its quotes: strong, because other content is another state.
[[nodiscard]] std::string etag_of(const FileIdentity& identity);
[[nodiscard]] std::chrono::system_clock::time_point time_of(const timespec& time);

}  // namespace ropeway::handlers
