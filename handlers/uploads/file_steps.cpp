#include "handlers/uploads/file_steps.hpp"

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ropeway/http_error.hpp>

#include "handlers/uploads/upload_target.hpp"

namespace ropeway::handlers {

void refuse(int error, const char* what) {
  switch (error) {
    case ENOENT: throw HttpError(Status::not_found);
    case EACCES:
    case EPERM:
    case EROFS: throw HttpError(Status::forbidden, "The server may not write there.");
    case EXDEV:  // a link that leads outside
    case ELOOP: throw HttpError(Status::not_found);
    case ENAMETOOLONG: throw HttpError(Status::bad_request, "A name in the path is too long.");
    case ENOTDIR:
    case EEXIST:
    case EISDIR: throw HttpError(Status::conflict, "A file has the name of a folder of the path, or the other way round.");
    case ENOSPC:
    case EDQUOT: throw HttpError(Status::insufficient_storage, std::string(what) + ": " + std::generic_category().message(error));
    case EFBIG: throw HttpError(Status::content_too_large, "The file would be larger than the system allows.");
    default: throw HttpError(Status::internal_server_error, std::string(what) + ": " + std::generic_category().message(error));
  }
}

std::shared_ptr<const OpenFile> as_folder(Root::Opened opened) {
  if (!opened.file) refuse(opened.error, "cannot open a folder");
  struct stat status{};
  if (::fstat(opened.file->descriptor(), &status) != 0) refuse(errno, "cannot look at a folder");
  if (!S_ISDIR(status.st_mode)) refuse(ENOTDIR, "");
  return std::move(opened.file);
}

void write_all(const OpenFile& file, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(file.descriptor(), data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(errno, "cannot write a file");
    data.remove_prefix(static_cast<std::size_t>(count));
  }
}

void sync(const OpenFile& file) {
  if (::fsync(file.descriptor()) != 0) refuse(errno, "cannot write a file to the disk");
}

FileLock::FileLock(int descriptor) noexcept : descriptor_(descriptor) {
  while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {}
}

FileLock::~FileLock() { ::flock(descriptor_, LOCK_UN); }

std::string random_digits(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (::getentropy(random.data(), random.size()) != 0) refuse(errno, "no random bytes");
  std::string digits;
  for (const unsigned char byte : random) {
    digits += "0123456789abcdef"[byte >> 4U];
    digits += "0123456789abcdef"[byte & 15U];
  }
  return digits;
}

void move_into_place(int folder, const std::string& name, const UploadTarget& target) {
  struct stat status{};
  if (::fstatat(target.folder(), target.name().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)) {
    // Not to be able to is no reason to refuse. The owner first: to change it takes permissions away.
    (void)!::fchownat(folder, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
    (void)!::fchmodat(folder, name.c_str(), status.st_mode & 0777U, 0);
  }
  if (::renameat(folder, name.c_str(), target.folder(), target.name().c_str()) != 0) refuse(errno, "cannot rename a file");
}

}  // namespace ropeway::handlers
