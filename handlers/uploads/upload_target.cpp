#include "handlers/uploads/upload_target.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ropeway/http_error.hpp>

namespace ropeway::handlers {
namespace {

[[noreturn]] void refuse(int error, const char* what) {
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

// The folder `path`; each level that is missing is made in the one above, which is open, so that no link can lead out meanwhile.
std::shared_ptr<const OpenFile> make_folders(const Root& root, const RelativePath& path) {
  RelativePath done;
  auto folder = as_folder(root.open(done.c_str()));
  std::string_view rest = path.view();
  while (!rest.empty()) {
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (!done.push(name)) refuse(ENAMETOOLONG, "");
    if (::mkdirat(folder->descriptor(), name.c_str(), 0777) != 0 && errno != EEXIST) refuse(errno, "cannot make a folder");
    folder = as_folder(root.open(done.c_str()));
  }
  return folder;
}

std::string temporary_name() {
  std::array<unsigned char, 12> random{};
  if (::getentropy(random.data(), random.size()) != 0) refuse(errno, "no random bytes");
  std::string name(PendingUpload::hidden_prefix);
  for (const unsigned char byte : random) {
    name += "0123456789abcdef"[byte >> 4U];
    name += "0123456789abcdef"[byte & 15U];
  }
  return name;
}

}  // namespace

UploadTarget::UploadTarget(const Root& root, const RelativePath& path, bool create_folders, const std::function<void()>& may_create) {
  const std::size_t slash = path.view().rfind('/');
  name_ = path.view().substr(slash + 1);  // npos + 1 is 0
  RelativePath folder;
  if (slash != std::string_view::npos) {
    folder = path;
    folder.truncate(slash);
  }
  Root::Opened opened = root.open(folder.c_str());
  if (opened.error == ENOENT && create_folders) {
    if (may_create) may_create();
    folder_ = make_folders(root, folder);
  } else {
    folder_ = as_folder(std::move(opened));
  }
}

UploadTarget UploadTarget::beside(std::string name) const {
  UploadTarget other(*this);
  other.name_ = std::move(name);
  return other;
}

std::optional<FileIdentity> UploadTarget::existing() const {
  struct stat status{};
  if (::fstatat(folder(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    refuse(errno, "cannot look at a file");
  }
  if (!S_ISREG(status.st_mode)) throw HttpError(Status::conflict, "Something that is no file has that name.");
  return FileIdentity(status);
}

void UploadTarget::require_preconditions(const Request& request) const {
  const auto found = existing();
  bool met = false;
  if (found) {
    const std::string etag = etag_of(*found);
    const FileDescription description{static_cast<std::uint64_t>(found->size), time_of(found->modified), etag, {}};
    met = preconditions_met(request, &description);
  } else {
    met = preconditions_met(request, nullptr);
  }
  if (!met) throw HttpError(Status::precondition_failed);
}

void UploadTarget::remove() const {
  if (::unlinkat(folder(), name_.c_str(), 0) != 0) refuse(errno, "cannot remove a file");
}

UploadTarget::Lock::Lock(const UploadTarget& target) noexcept : folder_(target.folder()) {
  while (::flock(folder_, LOCK_EX) != 0 && errno == EINTR) {}
}

UploadTarget::Lock::~Lock() { ::flock(folder_, LOCK_UN); }

void UploadTarget::sync_folder() const {
  if (::fsync(folder()) != 0 && errno != EINVAL) refuse(errno, "cannot write a folder to the disk");
}

PendingUpload::PendingUpload(const UploadTarget& target) : target_(target), temporary_(temporary_name()) {
  const int descriptor = ::openat(target.folder(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(errno, "cannot make a file");
  file_.emplace(descriptor);
}

PendingUpload::~PendingUpload() {
  if (!has_place_) ::unlinkat(target_.folder(), temporary_.c_str(), 0);
}

void PendingUpload::write(std::string_view data) const {
  while (!data.empty()) {
    const ssize_t count = ::write(file_->descriptor(), data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(errno, "cannot write a file");
    data.remove_prefix(static_cast<std::size_t>(count));
  }
}

void PendingUpload::sync() const {
  if (::fsync(file_->descriptor()) != 0) refuse(errno, "cannot write a file to the disk");
}

FileIdentity PendingUpload::take_place() {
  struct stat status{};
  if (::fstatat(target_.folder(), target_.name().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)) {
    // Not to be able to is no reason to refuse. The owner first: to change it takes permissions away.
    (void)!::fchownat(target_.folder(), temporary_.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
    (void)!::fchmodat(target_.folder(), temporary_.c_str(), status.st_mode & 0777U, 0);
  }
  if (::renameat(target_.folder(), temporary_.c_str(), target_.folder(), target_.name().c_str()) != 0)
    refuse(errno, "cannot rename a file");
  has_place_ = true;
  // After the rename, which changes the time of the last change.
  const int looked =
      file_ ? ::fstat(file_->descriptor(), &status) : ::fstatat(target_.folder(), target_.name().c_str(), &status, AT_SYMLINK_NOFOLLOW);
  file_.reset();
  if (looked != 0) refuse(errno, "cannot look at a file");
  return FileIdentity(status);
}

}  // namespace ropeway::handlers
