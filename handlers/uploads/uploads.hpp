#pragma once

#include <cstdint>
#include <string>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>

#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"
#include "handlers/uploads/resumable_uploads.hpp"

namespace ropeway::handlers {

class UploadTarget;

/// Stores and removes files below a folder: PUT and DELETE (RFC 9110 §9.3.4, §9.3.5), and POST of a form with files (RFC 7578), whose path names
/// the folder for them. Who may do so is for middlewares in front to say.
///
/// PUT writes to a hidden file in the same folder, and renames it when all of the content is on the disk: whoever reads the file meanwhile
/// has the old content or the new one, whole, and an upload that breaks off leaves the old one. It is 201 for a new file and 204 for one that
/// was there, with the entity tag that `static_files` gives it. If-Match, If-None-Match and If-Unmodified-Since are evaluated before the
/// content is read, so that a client which waits for "100 Continue" need not send it, and again before the rename, one request after another.
///
/// A form's files get their names when the whole form has come, all of them or none, each the last part of the name that the client gives; a
/// file that is there already is 409 unless `replace`. The answer is 201 with {"files": [{"name", "size"}]}.
///
/// An upload may go on where it broke off, where the client asks for that beforehand: see `ResumableUploads`.
///
/// What path means which file, dotfiles and the confinement to the root are as in `static_files`. A path that ends with "/", or that names a
/// folder, is 409; content past `max_bytes` is 413; a full disk or quota is 507.
class Uploads final : public AsyncHandler {
 public:
  [[nodiscard]] static Settings settings();
  /// Opens the root. Throws `ConfigErrors` where that is no folder.
  Uploads(const ConfigNode& options, Services& services);
  [[nodiscard]] awaitable<Response> handle(Request& request) const override;

 private:
  [[nodiscard]] awaitable<Response> put(Request& request, const RelativePath& path) const;
  [[nodiscard]] awaitable<Response> post(Request& request, const RelativePath& folder) const;
  [[nodiscard]] awaitable<Response> remove(Request& request, const RelativePath& path) const;
  void require_free(const UploadTarget& target) const;

  BlockingPool& pool_;
  std::string prefix_;
  Root root_;
  RelativePath::Dotfiles dotfiles_;
  bool create_folders_;
  bool sync_;
  bool replace_;
  std::uint64_t max_bytes_;
  ResumableUploads resumable_;
};

}  // namespace ropeway::handlers
