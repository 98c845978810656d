#pragma once

#include <sys/types.h>

#include <string>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// A file with the launcher's process number. It is locked (flock) as long as the launcher lives, so that a file that was left behind, whose
/// number may be another's by now, is told from one of a server that runs. It is replaced as a whole: who reads it reads one number or the other.
class PidFile {
 public:
  /// Writes it. Throws `std::runtime_error` where it is that of a server that runs, or is no such file, or cannot be written.
  explicit PidFile(std::string path);
  /// Is to take the place of another launcher's, whose descriptor, with its lock, was passed on; nothing changes before `publish`.
  PidFile(std::string path, Descriptor inherited) noexcept;
  /// Removes the file where it still is ours, in the process that wrote it.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  /// Writes this process's number, in the place of another's that was passed on. Throws as above.
  void publish();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// To be passed on.
  [[nodiscard]] int descriptor() const noexcept { return held_.get(); }
  /// Whether the file of that name is the one that is locked here.
  [[nodiscard]] bool is_there() const noexcept;

 private:
  enum class Place : unsigned char { free, taken, changes };
  [[nodiscard]] Place look(Descriptor& stale) const;
  [[nodiscard]] Descriptor write_beside(const std::string& name) const;
  [[noreturn]] void fail(const std::string& reason) const;

  std::string path_;
  Descriptor held_;
  pid_t owner_ = 0;
};

}  // namespace ropeway::launcher
