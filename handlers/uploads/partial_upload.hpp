#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ropeway/body.hpp>

#include "handlers/file_identity.hpp"
#include "handlers/root.hpp"
#include "handlers/uploads/upload_target.hpp"

namespace ropeway::handlers {

/// What is known of an upload that may take several requests, also in other processes.
struct UploadState {
  std::string path;                     ///< of the file that it becomes, below the root
  std::optional<std::uint64_t> length;  ///< of the whole file in bytes, once the client has said it
  /// What may be replaced: the file with this entity tag, none where that is empty, and whatever is there where there is nothing.
  std::optional<std::string> replaces;
  bool is_post = false;  ///< begun by POST
  bool complete = false;
  std::uint64_t size = 0;  ///< of the complete file
};

/// An upload whose content comes in several requests, one at a time: who takes it over shuts out whoever was at it before, in whichever process,
/// so that what he has read of it stays true. Each is a file of what has come and one of what is known of it. Everything here blocks; what the
/// system refuses is thrown as `HttpError`. Not safe for use from several threads at once.
class PartialUpload {
 public:
  /// Begins one in `folder`. `durable`: what is said to be stored is on the disk.
  PartialUpload(std::shared_ptr<const OpenFile> folder, UploadState state, bool durable);
  /// Takes over one that has begun; throws 404 where there is none. A complete one is only to be looked at.
  PartialUpload(std::shared_ptr<const OpenFile> folder, std::string_view token, bool durable);

  /// Names it, and is the right to go on with it.
  [[nodiscard]] const std::string& token() const noexcept { return token_; }
  [[nodiscard]] const UploadState& state() const noexcept { return state_; }
  /// How many bytes have come.
  [[nodiscard]] std::uint64_t size() const noexcept { return state_.complete ? state_.size : size_; }

  // All of these throw 409 where somebody else has taken the upload over meanwhile; whatever they throw, nobody goes on with this object.
  void append(std::string_view data);
  /// Returns when what has come is on the disk, where the upload is `durable`.
  void settle();
  void set_length(std::uint64_t length);
  /// The file takes its place, if `may` does not throw, as one step; gives its state. What remains says that the upload is complete.
  [[nodiscard]] FileIdentity complete(const UploadTarget& target, const std::function<void()>& may);
  /// Forgets what has come.
  void remove();

 private:
  [[nodiscard]] std::string part_name() const { return token_ + ".part"; }
  [[nodiscard]] std::string state_name() const { return token_ + ".json"; }
  void require_own() const;
  void write_state();

  std::shared_ptr<const OpenFile> folder_;
  bool durable_;
  std::string token_;
  UploadState state_;
  std::uint64_t size_ = 0;
  std::shared_ptr<const OpenFile> part_;
  std::shared_ptr<const OpenFile> own_state_;  // open as long as this lives, so that no other file has its inode
};

/// The partial uploads below a root, in a hidden folder of it. Everything here blocks; safe to use from several threads.
class PartialUploads {
 public:
  /// `keep`: how long one stays after the last that was heard of it. `most`: how many there may be.
  struct Options {
    std::chrono::milliseconds keep{0};
    std::uint64_t most = 0;
    bool durable = true;
  };
  static constexpr std::string_view folder_name = ".ropeway-upload-parts";

  /// A copy of a root is the same folder.
  PartialUploads(Root root, const Options& options) : root_(std::move(root)), options_(options) {}

  /// Begins one that can take the place of `target`; nothing where that lies on another file system, or where there are as many as may be.
  [[nodiscard]] std::unique_ptr<PartialUpload> begin(const UploadTarget& target, UploadState state) const;
  /// Takes one over. Throws 404 where there is none.
  [[nodiscard]] std::unique_ptr<PartialUpload> take_over(std::string_view token) const;
  /// Removes those that nobody has gone on with for too long.
  void sweep() const;

  [[nodiscard]] static bool is_token(std::string_view text) noexcept;

 private:
  Root root_;
  Options options_;
};

}  // namespace ropeway::handlers
