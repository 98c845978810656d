#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ropeway/static_files.hpp>

#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"

namespace ropeway::handlers {

/// Reads the folder that was opened as `opened` by the name `path` below `root`. Left out is what would not be served: links that lead
/// nowhere or outside, files that are neither regular nor folders and, where they are hidden, dotfiles.
/// Throws `std::system_error` where the folder cannot be read.
[[nodiscard]] FolderListing read_folder(const Root& root, const RelativePath& path, const OpenFile& opened,
                                        RelativePath::Dotfiles dotfiles);

/// By what a listing is sorted; folders always stand before files.
struct SortOrder {
  enum class By : std::uint8_t { name, size, modified };
  By by = By::name;
  bool descending = false;

  /// From the query of a request (`sort` and `order`); by name where that says nothing known.
  [[nodiscard]] static SortOrder from(std::string_view sort, std::string_view order) noexcept;
};

void sort_entries(std::vector<FolderEntry>& entries, SortOrder order);

/// Whether `left` stands before `right` as people sort: letters without case, numbers by their value ("file9" before "file10").
[[nodiscard]] bool reads_before(std::string_view left, std::string_view right) noexcept;

}  // namespace ropeway::handlers
