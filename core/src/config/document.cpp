#include "core/src/config/document.hpp"

#include <filesystem>
#include <system_error>

namespace ropeway::config {

std::string folder_of(const std::string& file) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(file, error);
  return error ? std::string() : whole.parent_path().lexically_normal().string();
}

std::string resolved(const ConfigNode::Document& document, const std::string& path) {
  if (path.empty() || document.folder.empty()) return path;
  return (std::filesystem::path(document.folder) / path).lexically_normal().string();
}

}  // namespace ropeway::config
