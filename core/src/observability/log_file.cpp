#include "core/src/observability/log_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <system_error>

namespace ropeway::observability {
namespace {

constexpr int open_flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr mode_t open_mode = 0640;

int open_by_name(const std::string& name) noexcept {
  int descriptor = -1;
  do { descriptor = ::open(name.c_str(), open_flags, open_mode); } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

// A description of our own of a standard stream, so that it can be non-blocking without making it so for everybody who shares the
// stream. -1 where the system does not give one.
int open_stream_again(int descriptor) noexcept {
  return ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

// Where to cut so that a piece holds whole lines and the kernel does not mix it with those of other processes (PIPE_BUF, pipe(7)).
std::size_t atomic_piece(std::string_view lines) noexcept {
  if (lines.size() <= PIPE_BUF) return lines.size();
  const std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
  if (end != std::string_view::npos) return end + 1;
  const std::size_t long_line_end = lines.find('\n');
  return long_line_end == std::string_view::npos ? lines.size() : long_line_end + 1;
}

}  // namespace

LogFile::LogFile(std::string name, int standard_descriptor, std::chrono::milliseconds patience)
    : name_(std::move(name)), patience_(patience) {
  if (name_ == "-") {
    const Kind kind = kind_of(standard_descriptor);
    if (kind == Kind::stream || kind == Kind::terminal) descriptor_ = open_stream_again(standard_descriptor);
    owned_ = descriptor_ >= 0;
    if (!owned_) descriptor_ = standard_descriptor;
    kind_ = kind;
    return;
  }
  descriptor_ = open_by_name(name_);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open the log file \"" + name_ + "\"");
  owned_ = true;
  kind_ = kind_of(descriptor_);
}

LogFile::~LogFile() {
  if (owned_) ::close(descriptor_);
}

LogFile::Kind LogFile::kind_of(int descriptor) noexcept {
  if (::isatty(descriptor) == 1) return Kind::terminal;
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return Kind::regular;
  if (S_ISFIFO(status.st_mode)) return Kind::stream;
  if (S_ISSOCK(status.st_mode)) return Kind::socket;
  return Kind::regular;
}

std::size_t LogFile::write(std::string_view lines) noexcept {
  std::size_t written = 0;
  if (lines.empty()) return 0;
  if (line_is_cut_.exchange(false, std::memory_order_relaxed) && write_piece("\n") == 0) {
    line_is_cut_.store(true, std::memory_order_relaxed);
    return 0;
  }
  while (written < lines.size()) {
    std::string_view piece = lines.substr(written);
    if (kind_.load(std::memory_order_relaxed) != Kind::regular) piece = piece.substr(0, atomic_piece(piece));
    const std::size_t count = write_piece(piece);
    written += count;
    if (count < piece.size()) {
      if (count > 0 && lines[written - 1] != '\n') line_is_cut_.store(true, std::memory_order_relaxed);
      break;
    }
  }
  return written;
}

std::size_t LogFile::write_piece(std::string_view piece) noexcept {
  std::size_t written = 0;
  while (written < piece.size()) {
    const std::string_view rest = piece.substr(written);
    const ssize_t count = kind_.load(std::memory_order_relaxed) == Kind::socket
                              ? ::send(descriptor_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                              : ::write(descriptor_, rest.data(), rest.size());
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      is_stuck_.store(false, std::memory_order_relaxed);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && wait_until_writable()) continue;
    if (count < 0) last_error_.store(errno, std::memory_order_relaxed);
    break;
  }
  return written;
}

bool LogFile::wait_until_writable() noexcept {
  if (patience_.count() == 0 || is_stuck_.load(std::memory_order_relaxed)) return false;
  pollfd entry{descriptor_, POLLOUT, 0};
  const bool writable = ::poll(&entry, 1, static_cast<int>(patience_.count())) == 1 && (entry.revents & POLLOUT) != 0;
  if (!writable) is_stuck_.store(true, std::memory_order_relaxed);
  return writable;
}

std::string LogFile::reopen() noexcept {
  if (name_ == "-") return {};
  const int fresh = open_by_name(name_);
  if (fresh < 0) return "cannot open the log file \"" + name_ + "\" again: " + std::generic_category().message(errno);
  const Kind kind = kind_of(fresh);
  int result = -1;
  do { result = ::dup3(fresh, descriptor_, O_CLOEXEC); } while (result < 0 && (errno == EINTR || errno == EBUSY));
  const int error = errno;
  ::close(fresh);
  if (result < 0) return "cannot open the log file \"" + name_ + "\" again: " + std::generic_category().message(error);
  kind_.store(kind, std::memory_order_relaxed);
  line_is_cut_.store(false, std::memory_order_relaxed);
  return {};
}

}  // namespace ropeway::observability
