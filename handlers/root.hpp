#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <sys/stat.h>

#include <ropeway/body.hpp>

namespace ropeway::handlers {

/// The folder that is served, and the one place where names below it become open files.
///
/// It keeps a descriptor of the folder, so what is served changes at no moment but in `follow_name`. Unless
/// links are followed, nothing outside it is ever opened: the kernel resolves the name beneath the descriptor (openat2, Linux 5.6), so
/// there is no moment between check and use. Where the kernel cannot (it is older, a sandbox forbids the call, or the name leads over an
/// absolute link that may well point inside), the file is located without opening it, compared with the root by where it really is, and
/// then that very file is opened through /proc. Safe to use from several threads.
class Root {
 public:
  enum class Links : bool { confined, followed };
  enum class Resolution : std::uint8_t { by_kernel_where_possible, by_comparison };
  enum class Purpose : bool { read, locate };

  /// A file or folder below the root; `error` is an errno where there is none.
  struct Opened {
    std::shared_ptr<const OpenFile> file;
    int error = 0;
  };

  /// Throws `std::system_error` where `path` is no folder that can be opened, or where links cannot be confined on this machine.
  Root(const std::string& path, Links links, Resolution resolution = Resolution::by_kernel_where_possible);

  /// Serves the folder that the root's name stands for by now, where it is another one: a deployment that renames folders, or sets a link
  /// anew. Where there is none at the moment, the one that was served stays. Two system calls; safe while others use the root.
  void follow_name() const noexcept;
  /// What `path` (relative, NUL-terminated) names now, links followed wherever they lead: one system call, to see whether something has
  /// changed. Gives 0 or an errno. It does not say that the file may be served.
  [[nodiscard]] int status(const char* path, struct stat& status) const noexcept;
  /// Opens what `path` names, if it may be served: EXDEV where it is outside. To `read`, it must be a regular file or a folder (ENXIO
  /// otherwise), and the descriptor never blocks; to `locate`, the descriptor serves for status and nothing else.
  [[nodiscard]] Opened open(const char* path, Purpose purpose = Purpose::read) const;

 private:
  [[nodiscard]] int open_descriptor(const char* path, int flags) const noexcept;
  [[nodiscard]] int open_by_kernel(const char* path, int flags) const noexcept;
  [[nodiscard]] int open_by_comparison(const char* path, int flags) const noexcept;

  std::string path_;
  std::shared_ptr<const OpenFile> folder_;  // `follow_name` changes what the descriptor stands for, never its number
  Links links_;
  bool kernel_resolves_ = false;
};

/// Where an open file really is: its absolute path without links. Empty where that cannot be told.
[[nodiscard]] std::string location_of(const OpenFile& file);

}  // namespace ropeway::handlers
