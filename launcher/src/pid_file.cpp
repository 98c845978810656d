#include "launcher/src/pid_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "core/src/config/printable.hpp"

namespace ropeway::launcher {
namespace {

bool same_file(const struct stat& left, const struct stat& right) noexcept {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

std::string first_bytes(int descriptor) {
  char buffer[32];
  const ssize_t size = ::pread(descriptor, buffer, sizeof buffer, 0);
  return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

// A number and perhaps the end of a line, or nothing at all.
bool is_number(std::string_view text) noexcept {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text.size() < 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) { publish(); }

PidFile::PidFile(std::string path, Descriptor inherited) noexcept : path_(std::move(path)), held_(std::move(inherited)) {}

PidFile::~PidFile() {
  if (owner_ != 0 && owner_ == ::getpid() && is_there()) ::unlink(path_.c_str());
}

void PidFile::fail(const std::string& reason) const { throw std::runtime_error("the pid file " + config::in_quotes(path_) + " " + reason); }

bool PidFile::is_there() const noexcept {
  struct stat named{};
  struct stat held{};
  return held_ && ::lstat(path_.c_str(), &named) == 0 && ::fstat(held_.get(), &held) == 0 && same_file(named, held);
}

// Whether a file of that name is there, to be replaced. One that was left behind is locked then, in `stale`: for a second server that starts
// at this very moment, it is taken.
PidFile::Place PidFile::look(Descriptor& stale) const {
  if (is_there()) return Place::taken;
  stale = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!stale) {
    if (errno == ENOENT) return Place::free;
    fail(errno == ELOOP ? "is a link; name a file itself" : std::string("cannot be read: ") + std::strerror(errno));
  }
  struct stat opened{};
  struct stat named{};
  const std::string content = first_bytes(stale.get());
  if (::fstat(stale.get(), &opened) != 0 || !S_ISREG(opened.st_mode) || !is_number(content)) {
    fail("is there already and holds no process number; remove it, or name another");
  }
  if (::flock(stale.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail(std::string("cannot be locked: ") + std::strerror(errno));
    fail("is that of a server that runs, process " + content.substr(0, content.find_first_not_of("0123456789")) +
         "; stop that one, or name another file");
  }
  const bool unchanged = ::lstat(path_.c_str(), &named) == 0 && same_file(named, opened);
  return unchanged ? Place::taken : Place::changes;
}

Descriptor PidFile::write_beside(const std::string& name) const {
  ::unlink(name.c_str());  // of an earlier process with this number
  Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) fail(std::string("cannot be written: ") + std::strerror(errno));
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !write_all(file.get(), text.data(), text.size())) {
    const int error = errno;
    ::unlink(name.c_str());
    fail(std::string("cannot be written: ") + std::strerror(error));
  }
  return file;
}

void PidFile::publish() {
  const std::string beside = path_ + "." + std::to_string(::getpid());
  for (int tries = 100; tries > 0; --tries) {
    Descriptor stale;
    const Place place = look(stale);
    if (place == Place::changes) continue;
    Descriptor fresh = write_beside(beside);
    // Where there was none, another server may be faster, and shall not lose its own.
    const int result = place == Place::taken ? ::rename(beside.c_str(), path_.c_str()) : ::link(beside.c_str(), path_.c_str());
    const int error = errno;
    ::unlink(beside.c_str());
    if (result == 0) {
      held_ = std::move(fresh);
      owner_ = ::getpid();
      return;
    }
    if (error != EEXIST) fail(std::string("cannot be written: ") + std::strerror(error));
  }
  fail("changes all the time; name another");
}

}  // namespace ropeway::launcher
