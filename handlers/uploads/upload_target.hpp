#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ropeway/body.hpp>
#include <ropeway/file_response.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "handlers/file_identity.hpp"
#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"

namespace ropeway::handlers {

/// The place of a file that is to be written or removed: its folder, opened, and its name in it. Everything here blocks.
/// What the system refuses is thrown as `HttpError`: 403, 404, 409 or 507.
class UploadTarget {
 public:
  /// Opens the folder of `path` below `root`; makes it, and those above, where they are missing and `create_folders`, if `may_create` does not
  /// throw.
  UploadTarget(const Root& root, const RelativePath& path, bool create_folders, const std::function<void()>& may_create = {});

  /// Another name in the same folder.
  [[nodiscard]] UploadTarget beside(std::string name) const;

  /// What is there now; nothing where the name is free. Throws 409 where it is a folder or no regular file.
  [[nodiscard]] std::optional<FileIdentity> existing() const;
  /// Throws 412 where the request's conditions do not hold for what is there now.
  void require_preconditions(const Request& request) const;
  void remove() const;

  [[nodiscard]] int folder() const noexcept { return folder_->descriptor(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void sync_folder() const;

 private:
  std::shared_ptr<const OpenFile> folder_;
  std::string name_;
};

/// A file that is being written beside its place, under a hidden name that goes with this object unless it took its place.
class PendingUpload {
 public:
  explicit PendingUpload(const UploadTarget& target);
  ~PendingUpload();
  PendingUpload(const PendingUpload&) = delete;
  PendingUpload& operator=(const PendingUpload&) = delete;

  void write(std::string_view data) const;
  /// Returns when the content is on the disk.
  void sync() const;
  /// Closes the file; it may still take its place.
  void close() noexcept { file_.reset(); }
  /// Gives the file its name, with the permissions and, as far as the server may, the owner of the file that it replaces; gives its state.
  [[nodiscard]] FileIdentity take_place();

 private:
  const UploadTarget& target_;
  std::string temporary_;
  std::optional<OpenFile> file_;
  bool has_place_ = false;
};

}  // namespace ropeway::handlers
