#include "handlers/root.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ropeway::handlers {
namespace {

// A FIFO without a writer must not block, a terminal must not become ours.
constexpr int read_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int locate_flags = O_PATH | O_CLOEXEC;

/// "/proc/self/fd/7"
struct DescriptorName {
  explicit DescriptorName(int descriptor) noexcept {
    constexpr std::string_view folder = "/proc/self/fd/";
    std::memcpy(text, folder.data(), folder.size());
    *std::to_chars(text + folder.size(), text + sizeof text - 1, descriptor).ptr = '\0';
  }
  char text[32];
};

/// Where an open file is: its absolute path without links. Empty where that cannot be told.
class Location {
 public:
  explicit Location(int descriptor) noexcept {
    const ssize_t size = ::readlink(DescriptorName(descriptor).text, text_.data(), text_.size());
    if (size > 0 && static_cast<std::size_t>(size) < text_.size() && text_[0] == '/') size_ = static_cast<std::size_t>(size);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, PATH_MAX + 1> text_;  // written by the kernel up to size_
  std::size_t size_ = 0;
};

[[nodiscard]] bool is_within(std::string_view path, std::string_view folder) {
  if (folder.empty() || !path.starts_with(folder)) return false;
  return folder.ends_with('/') || path.size() == folder.size() || path[folder.size()] == '/';
}

/// Closes `descriptor` and leaves `error` as errno; for functions that give -1.
[[nodiscard]] int give_up(int descriptor, int error) noexcept {
  ::close(descriptor);
  errno = error;
  return -1;
}

}  // namespace

Root::Root(const std::string& path, Links links, Resolution resolution) : path_(path), links_(links) {
  const int descriptor = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category());
  folder_ = std::make_shared<const OpenFile>(descriptor);
  if (links_ == Links::followed) return;
  if (resolution == Resolution::by_kernel_where_possible) {
    const int probe = open_by_kernel(".", locate_flags);
    kernel_resolves_ = probe >= 0;
    if (probe >= 0) ::close(probe);
  }
  if (!kernel_resolves_ && Location(descriptor).view().empty()) {
    throw std::system_error(ENOSYS, std::generic_category(), "links cannot be confined here (openat2 is refused and /proc is not mounted)");
  }
}

void Root::follow_name() const noexcept {
  struct stat named{};
  struct stat served{};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(folder_->descriptor(), &served) != 0) return;
  if (named.st_dev == served.st_dev && named.st_ino == served.st_ino) return;
  const int descriptor = ::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::dup3(descriptor, folder_->descriptor(), O_CLOEXEC);  // at once, for every thread: a system call meets the old folder or the new one
  ::close(descriptor);
}

int Root::status(const char* path, struct stat& status) const noexcept {
  return ::fstatat(folder_->descriptor(), path, &status, 0) == 0 ? 0 : errno;
}

Root::Opened Root::open(const char* path, Purpose purpose) const {
  const int descriptor = open_descriptor(path, purpose == Purpose::read ? read_flags : locate_flags);
  if (descriptor < 0) return {nullptr, errno};
  auto file = std::make_shared<const OpenFile>(descriptor);
  if (purpose == Purpose::locate) return {std::move(file)};
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return {nullptr, errno};
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {nullptr, ENXIO};
  return {std::move(file)};
}

int Root::open_descriptor(const char* path, int flags) const noexcept {
  if (links_ == Links::followed) return ::openat(folder_->descriptor(), path, flags);
  if (!kernel_resolves_) return open_by_comparison(path, flags);
  const int descriptor = open_by_kernel(path, flags);
  // EXDEV: an absolute link, or one that leads outside. EAGAIN: folders are being renamed meanwhile, and the kernel could not be certain.
  return descriptor < 0 && (errno == EXDEV || errno == EAGAIN) ? open_by_comparison(path, flags) : descriptor;
}

int Root::open_by_kernel(const char* path, int flags) const noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder_->descriptor(), path, &how, sizeof how));
}

int Root::open_by_comparison(const char* path, int flags) const noexcept {
  const int located = ::openat(folder_->descriptor(), path, locate_flags);
  if (located < 0) return -1;
  if (!is_within(Location(located).view(), Location(folder_->descriptor()).view())) return give_up(located, EXDEV);
  if (flags == locate_flags) return located;
  struct stat status{};
  if (::fstat(located, &status) != 0) return give_up(located, errno);
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return give_up(located, ENXIO);
  const int descriptor = ::open(DescriptorName(located).text, flags);
  const int error = errno;
  ::close(located);
  errno = error;
  return descriptor;
}

std::string location_of(const OpenFile& file) { return std::string(Location(file.descriptor()).view()); }

}  // namespace ropeway::handlers
