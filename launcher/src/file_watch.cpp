#include "launcher/src/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ropeway::launcher {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK;

}  // namespace

bool is_by_product(std::string_view name) noexcept {
  if (name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name == "4913") return true;  // the last is vim's
  constexpr std::array endings{".log",     ".pid",     ".sock", ".control", ".db",  ".sqlite",
                               ".sqlite3", "-journal", "-wal",  "-shm",     ".tmp", ".swp"};
  return std::ranges::any_of(endings, [&](const char* ending) { return name.ends_with(ending); });
}

FileWatch::FileWatch(fs::path folder, std::vector<std::string> ignored)
    : folder_(std::move(folder)), ignored_(std::move(ignored)), descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!descriptor_) throw std::system_error(errno, std::generic_category(), "inotify");
  add(folder_);
  if (folders_.empty()) throw std::system_error(errno, std::generic_category(), folder_.string() + " cannot be watched");
}

bool FileWatch::is_ignored(std::string_view name) const {
  return is_by_product(name) || std::ranges::find(ignored_, name) != ignored_.end();
}

// A folder that is gone again is nothing.
void FileWatch::add(const fs::path& folder) {
  const int watch = ::inotify_add_watch(descriptor_.get(), folder.c_str(), interesting);
  if (watch < 0) {
    if (errno != ENOSPC) return;
    throw std::system_error(errno, std::generic_category(),
                            "there are too many folders to watch (fs.inotify.max_user_watches); --ignore leaves one out");
  }
  folders_[watch] = folder;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (is_ignored(name)) continue;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
      add(entry->path());
    } else {
      (void)is_new_content(entry->path());
    }
  }
}

bool FileWatch::is_new_content(const fs::path& file) {
  std::error_code time_error;
  std::error_code size_error;
  const std::pair now{fs::last_write_time(file, time_error), fs::file_size(file, size_error)};
  if (time_error || size_error) return seen_.erase(file.string()) > 0;
  const auto [known, is_first] = seen_.try_emplace(file.string(), now);
  return is_first || std::exchange(known->second, now) != now;
}

std::string FileWatch::take() {
  std::string changed;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t size = ::read(descriptor_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return changed;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len > 0 ? std::string(buffer.data() + at + sizeof event) : std::string();
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        add(folder_);
        changed = folder_.string();
        continue;
      }
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end() || name.empty() || is_ignored(name)) continue;
      const fs::path path = folder->second / name;
      if ((event.mask & IN_ISDIR) != 0) {
        if ((event.mask & (IN_CREATE | IN_MOVED_TO)) == 0) continue;
        add(path);
        changed = path.string();
      } else if ((event.mask & IN_CREATE) == 0 && is_new_content(path)) {
        changed = path.string();
      }
    }
  }
}

}  // namespace ropeway::launcher
