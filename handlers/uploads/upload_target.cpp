#include "handlers/uploads/upload_target.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ropeway/http_error.hpp>

#include "handlers/uploads/file_steps.hpp"

namespace ropeway::handlers {
namespace {

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

void UploadTarget::sync_folder() const {
  if (::fsync(folder()) != 0 && errno != EINVAL) refuse(errno, "cannot write a folder to the disk");
}

PendingUpload::PendingUpload(const UploadTarget& target)
    : target_(target), temporary_(std::string(RelativePath::private_prefix) + random_digits(12)) {
  const int descriptor = ::openat(target.folder(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(errno, "cannot make a file");
  file_.emplace(descriptor);
}

PendingUpload::~PendingUpload() {
  if (!has_place_) ::unlinkat(target_.folder(), temporary_.c_str(), 0);
}

void PendingUpload::write(std::string_view data) const { write_all(*file_, data); }

void PendingUpload::sync() const { handlers::sync(*file_); }

FileIdentity PendingUpload::take_place() {
  move_into_place(target_.folder(), temporary_, target_);
  has_place_ = true;
  // After the rename, which changes the time of the last change.
  struct stat status{};
  const int looked =
      file_ ? ::fstat(file_->descriptor(), &status) : ::fstatat(target_.folder(), target_.name().c_str(), &status, AT_SYMLINK_NOFOLLOW);
  file_.reset();
  if (looked != 0) refuse(errno, "cannot look at a file");
  return FileIdentity(status);
}

}  // namespace ropeway::handlers
