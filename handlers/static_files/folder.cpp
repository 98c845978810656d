#include "handlers/static_files/folder.hpp"

#include <algorithm>
#include <compare>
#include <optional>

#include <fcntl.h>

#include "handlers/directory.hpp"

namespace ropeway::handlers {
namespace {

/// The status of what `name` stands for, links followed as far as they may be.
[[nodiscard]] std::optional<struct stat> status_of(const Root& root, RelativePath& path, const OpenFile& folder, const char* name) {
  struct stat status{};
  if (::fstatat(folder.descriptor(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  if (!S_ISLNK(status.st_mode)) return status;
  const std::size_t size = path.size();
  if (!path.push(name)) return {};
  const Root::Opened target = root.open(path.c_str(), Root::Purpose::locate);
  path.truncate(size);
  if (!target.file || ::fstat(target.file->descriptor(), &status) != 0) return {};
  return status;
}

[[nodiscard]] bool is_digit(char byte) noexcept { return byte >= '0' && byte <= '9'; }
[[nodiscard]] unsigned char without_case(char byte) noexcept {
  return static_cast<unsigned char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/// Takes a run of digits from the front, without leading zeros.
[[nodiscard]] std::string_view take_number(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

[[nodiscard]] bool comes_before(const FolderEntry& left, const FolderEntry& right, SortOrder::By by) noexcept {
  if (by == SortOrder::By::size && left.size != right.size) return left.size < right.size;
  if (by == SortOrder::By::modified && left.modified != right.modified) return left.modified < right.modified;
  return reads_before(left.name, right.name);
}

}  // namespace

FolderListing read_folder(const Root& root, const RelativePath& path, const OpenFile& opened, RelativePath::Dotfiles dotfiles) {
  FolderListing folder;
  std::vector<std::string> names;
  {
    const auto directory = open_directory(opened);
    while (const dirent* found = ::readdir(directory.get())) {
      const std::string_view name = found->d_name;
      if (name == "." || name == ".." || (name.front() == '.' && dotfiles == RelativePath::Dotfiles::hidden)) continue;
      if (name.starts_with(RelativePath::private_prefix)) continue;
      if (names.size() == FolderListing::most_names) {
        folder.is_cut = true;
        break;
      }
      names.emplace_back(name);
    }
  }
  if (names.size() > FolderListing::most_entries) std::sort(names.begin(), names.end(), reads_before);
  RelativePath scratch = path;
  for (const std::string& name : names) {
    const auto status = status_of(root, scratch, opened, name.c_str());
    if (!status || (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))) continue;
    if (folder.entries.size() == FolderListing::most_entries) {
      folder.is_cut = true;
      break;
    }
    const bool is_folder = S_ISDIR(status->st_mode);
    folder.entries.push_back({name, is_folder, is_folder ? 0 : static_cast<std::uint64_t>(status->st_size),
                              std::chrono::system_clock::from_time_t(status->st_mtim.tv_sec)});
  }
  return folder;
}

SortOrder SortOrder::from(std::string_view sort, std::string_view order) noexcept {
  SortOrder result;
  if (sort == "size") result.by = By::size;
  if (sort == "modified") result.by = By::modified;
  result.descending = order == "desc";
  return result;
}

void sort_entries(std::vector<FolderEntry>& entries, SortOrder order) {
  std::sort(entries.begin(), entries.end(), [order](const FolderEntry& left, const FolderEntry& right) {
    if (left.is_folder != right.is_folder) return left.is_folder;
    return order.descending ? comes_before(right, left, order.by) : comes_before(left, right, order.by);
  });
}

bool reads_before(std::string_view left, std::string_view right) noexcept {
  std::string_view left_rest = left;
  std::string_view right_rest = right;
  while (!left_rest.empty() && !right_rest.empty()) {
    if (is_digit(left_rest.front()) && is_digit(right_rest.front())) {
      const std::string_view left_number = take_number(left_rest);
      const std::string_view right_number = take_number(right_rest);
      if (left_number.size() != right_number.size()) return left_number.size() < right_number.size();
      if (left_number != right_number) return left_number < right_number;
      continue;
    }
    const unsigned char left_byte = without_case(left_rest.front());
    const unsigned char right_byte = without_case(right_rest.front());
    if (left_byte != right_byte) return left_byte < right_byte;
    left_rest.remove_prefix(1);
    right_rest.remove_prefix(1);
  }
  if (left_rest.empty() != right_rest.empty()) return left_rest.empty();
  return left < right;
}

}  // namespace ropeway::handlers
