#include "handlers/directory.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ropeway::handlers {

std::unique_ptr<DIR, CloseDirectory> open_directory(const OpenFile& folder) {
  // A descriptor of its own: the position of reading belongs to the descriptor, and closedir closes it.
  const int descriptor = ::openat(folder.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "cannot read a folder");
  std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(descriptor));
  if (!directory) {
    const int error = errno;
    ::close(descriptor);
    throw std::system_error(error, std::generic_category(), "cannot read a folder");
  }
  return directory;
}

}  // namespace ropeway::handlers
