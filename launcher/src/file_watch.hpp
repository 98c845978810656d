#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/src/descriptor.hpp"

namespace ropeway::launcher {

/// Whether a file or folder of that name never means anything to whoever works on a project: hidden ones, what editors leave for a moment, logs,
/// databases, sockets and pid files.
[[nodiscard]] bool is_by_product(std::string_view name) noexcept;

/// Watches a folder, and all folders in it, for files that are written, renamed or removed (inotify).
class FileWatch {
 public:
  /// `ignored`: names besides those of `is_by_product`. Throws `std::system_error` where the folder cannot be watched.
  FileWatch(std::filesystem::path folder, std::vector<std::string> ignored);

  /// It can be read when something has happened.
  [[nodiscard]] int get() const noexcept { return descriptor_.get(); }
  /// Takes what has happened. The file that changed last; empty where nothing of interest did.
  [[nodiscard]] std::string take();

 private:
  void add(const std::filesystem::path& folder);
  [[nodiscard]] bool is_ignored(std::string_view name) const;
  [[nodiscard]] bool is_new_content(const std::filesystem::path& file);

  std::filesystem::path folder_;
  std::vector<std::string> ignored_;
  Descriptor descriptor_;
  std::map<int, std::filesystem::path> folders_;  // by the numbers of their watches
  std::map<std::string, std::pair<std::filesystem::file_time_type, std::uintmax_t>>
      seen_;  // a file is often closed without having been changed
};

}  // namespace ropeway::launcher
