#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ropeway::testing {

/// A fresh folder that goes with its scope, with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  /// Writes a file (and the folders above it); gives its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// The whole file; throws `std::runtime_error` where it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace ropeway::testing
