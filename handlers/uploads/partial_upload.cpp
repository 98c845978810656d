#include "handlers/uploads/partial_upload.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ropeway/http_error.hpp>
#include <ropeway/json_document.hpp>
#include <ropeway/url.hpp>

#include "handlers/directory.hpp"
#include "handlers/uploads/file_steps.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t token_size = 32;

struct stat status_of(const OpenFile& file) {
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) refuse(errno, "cannot look at a file");
  return status;
}

std::shared_ptr<const OpenFile> open_in(const OpenFile& folder, const std::string& name, int flags) {
  const int descriptor = ::openat(folder.descriptor(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) refuse(errno, "cannot open a part of a file");
  return std::make_shared<const OpenFile>(descriptor);
}

std::string read_all(const OpenFile& file) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t count = ::read(file.descriptor(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(errno, "cannot read a file");
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// A path may hold bytes that are no UTF-8.
std::string to_text(const UploadState& state) {
  nlohmann::json json = {
      {"path", percent_encode(state.path, true)}, {"is_post", state.is_post}, {"complete", state.complete}, {"size", state.size}};
  if (state.length) json["length"] = *state.length;
  if (state.replaces) json["replaces"] = *state.replaces;
  return json.dump() + "\n";
}

UploadState state_from(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    UploadState state;
    state.path = percent_decode(json.at("path").get_ref<const std::string&>()).value();
    state.is_post = json.at("is_post").get<bool>();
    state.complete = json.at("complete").get<bool>();
    state.size = json.at("size").get<std::uint64_t>();
    if (json.contains("length")) state.length = json["length"].get<std::uint64_t>();
    if (json.contains("replaces")) state.replaces = json["replaces"].get<std::string>();
    return state;
  } catch (const std::exception&) { throw HttpError(Status::not_found); }  // a loss of power, or somebody's hand
}

}  // namespace

PartialUpload::PartialUpload(std::shared_ptr<const OpenFile> folder, UploadState state, bool durable)
    : folder_(std::move(folder)), durable_(durable), token_(random_digits(token_size / 2)), state_(std::move(state)) {
  // As an upload at once would have it: the process's umask decides.
  const int descriptor = ::openat(folder_->descriptor(), part_name().c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) refuse(errno, "cannot make a file");
  part_ = std::make_shared<const OpenFile>(descriptor);
  try {
    write_state();
  } catch (...) {
    ::unlinkat(folder_->descriptor(), part_name().c_str(), 0);
    throw;
  }
}

PartialUpload::PartialUpload(std::shared_ptr<const OpenFile> folder, std::string_view token, bool durable)
    : folder_(std::move(folder)), durable_(durable), token_(token) {
  const int descriptor = ::openat(folder_->descriptor(), part_name().c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0 && errno != ENOENT) refuse(errno, "cannot open a part of a file");
  std::optional<FileLock> lock;
  if (descriptor >= 0) {
    part_ = std::make_shared<const OpenFile>(descriptor);
    lock.emplace(part_->descriptor());
  }
  // Behind the lock: it may have come to its end before this one had it.
  state_ = state_from(read_all(*open_in(*folder_, state_name(), O_RDONLY)));
  if (state_.complete) return;
  if (!part_) throw HttpError(Status::not_found);
  size_ = static_cast<std::uint64_t>(status_of(*part_).st_size);
  write_state();
}

void PartialUpload::write_state() {
  const std::string fresh = token_ + ".new";
  own_state_ = open_in(*folder_, fresh, O_WRONLY | O_CREAT | O_TRUNC);
  write_all(*own_state_, to_text(state_));
  if (durable_) sync(*own_state_);
  if (::renameat(folder_->descriptor(), fresh.c_str(), folder_->descriptor(), state_name().c_str()) != 0)
    refuse(errno, "cannot rename a file");
}

// Whoever takes an upload over puts a state of his own in the place of the last one.
void PartialUpload::require_own() const {
  struct stat found{};
  const bool is_there = ::fstatat(folder_->descriptor(), state_name().c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
  const struct stat own = status_of(*own_state_);
  if (!is_there || found.st_ino != own.st_ino || found.st_dev != own.st_dev)
    throw HttpError(Status::conflict, "Another request goes on with this upload.");
}

void PartialUpload::append(std::string_view data) {
  const FileLock lock(part_->descriptor());
  require_own();
  write_all(*part_, data);
  size_ += data.size();
}

void PartialUpload::settle() {
  if (durable_ && !state_.complete) sync(*part_);
}

void PartialUpload::set_length(std::uint64_t length) {
  const FileLock lock(part_->descriptor());
  require_own();
  state_.length = length;
  write_state();
}

FileIdentity PartialUpload::complete(const UploadTarget& target, const std::function<void()>& may) {
  settle();
  const FileLock lock(part_->descriptor());
  require_own();
  const FileIdentity identity = [&] {
    const FileLock place(target.folder());
    may();
    move_into_place(folder_->descriptor(), part_name(), target);
    return FileIdentity(status_of(*part_));
  }();
  if (durable_) target.sync_folder();
  state_.complete = true;
  state_.size = size_;
  write_state();
  return identity;
}

void PartialUpload::remove() {
  std::optional<FileLock> lock;
  if (!state_.complete) {
    lock.emplace(part_->descriptor());
    require_own();
    if (::unlinkat(folder_->descriptor(), part_name().c_str(), 0) != 0) refuse(errno, "cannot remove a file");
  }
  if (::unlinkat(folder_->descriptor(), state_name().c_str(), 0) != 0) refuse(errno, "cannot remove a file");
}

bool PartialUploads::is_token(std::string_view text) noexcept {
  return text.size() == token_size &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

namespace {

/// The names in the folder of partial uploads, by token.
std::map<std::string, std::vector<std::string>> parts_in(const OpenFile& folder) {
  std::map<std::string, std::vector<std::string>> found;
  const auto directory = open_directory(folder);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    const std::string_view token = name.substr(0, name.find('.'));
    if (PartialUploads::is_token(token)) found[std::string(token)].emplace_back(name);
  }
  return found;
}

std::shared_ptr<const OpenFile> folder_of_parts(const Root& root, bool create) {
  const std::string name(PartialUploads::folder_name);
  Root::Opened opened = root.open(name.c_str());
  if (opened.error == ENOENT && create) {
    const auto top = as_folder(root.open("."));
    if (::mkdirat(top->descriptor(), name.c_str(), 0700) != 0 && errno != EEXIST) refuse(errno, "cannot make a folder");
    opened = root.open(name.c_str());
  }
  return as_folder(std::move(opened));
}

}  // namespace

std::unique_ptr<PartialUpload> PartialUploads::begin(const UploadTarget& target, UploadState state) const {
  auto folder = folder_of_parts(root_, true);
  struct stat place{};
  if (::fstat(target.folder(), &place) != 0) refuse(errno, "cannot look at a folder");
  if (status_of(*folder).st_dev != place.st_dev || parts_in(*folder).size() >= options_.most) return nullptr;
  return std::make_unique<PartialUpload>(std::move(folder), std::move(state), options_.durable);
}

std::unique_ptr<PartialUpload> PartialUploads::take_over(std::string_view token) const {
  root_.follow_name();
  return std::make_unique<PartialUpload>(folder_of_parts(root_, false), token, options_.durable);
}

void PartialUploads::sweep() const {
  root_.follow_name();
  const Root::Opened opened = root_.open(std::string(folder_name).c_str());
  if (!opened.file) return;
  const int folder = opened.file->descriptor();
  const auto oldest = std::chrono::system_clock::now() - options_.keep;
  for (const auto& [token, names] : parts_in(*opened.file)) {
    const bool in_use = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      struct stat status{};
      return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && time_of(status.st_mtim) >= oldest;
    });
    if (in_use) continue;
    for (const std::string& name : names) ::unlinkat(folder, name.c_str(), 0);
  }
}

}  // namespace ropeway::handlers
