#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/body.hpp>

#include "handlers/file_identity.hpp"
#include "handlers/root.hpp"

namespace ropeway::handlers {

class UploadTarget;

// Steps of storing files. They block; what the system refuses is thrown as `HttpError`: 403, 404, 409, 413, 507, otherwise 500.

/// What a client is told of a file past `max_bytes`.
inline constexpr const char* larger_than_stored = "The file is larger than this server stores (max_bytes).";

/// Throws what `error`, an errno, means for a client. `what` is for the log.
[[noreturn]] void refuse(int error, const char* what);

/// The folder that `opened` is; refused where it is none.
[[nodiscard]] std::shared_ptr<const OpenFile> as_folder(Root::Opened opened);

void write_all(const OpenFile& file, std::string_view data);
/// Returns when the content is on the disk.
void sync(const OpenFile& file);

/// While it lives, no other process or thread that asks for it has it for the same file or folder, opened by itself. Without effect where the
/// file system has no such locks.
class FileLock {
 public:
  /// `descriptor` stays open longer than this lives.
  explicit FileLock(int descriptor) noexcept;
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

/// Two hexadecimal digits for each of `bytes` random bytes, which nobody can guess.
[[nodiscard]] std::string random_digits(std::size_t bytes);

/// Gives the file `name` in `folder` the target's name, with the permissions and, as far as the server may, the owner of the file that it
/// replaces.
void move_into_place(int folder, const std::string& name, const UploadTarget& target);

}  // namespace ropeway::handlers
