#include "handlers/relative_path.hpp"

#include <algorithm>
#include <cstring>

namespace ropeway::handlers {

bool has_encoded_slash(std::string_view path) noexcept {
  return path.find("%2F") != std::string_view::npos || path.find("%2f") != std::string_view::npos;
}

std::optional<std::string_view> local_path(const Request& request, std::string_view prefix) noexcept {
  // A route in front of this one compares segments: what it would see as another path must not become the same file here.
  if (has_encoded_slash(request.raw_path())) return {};
  if (request.has_param("path")) {
    const std::string_view path = request.param("path");
    return path.starts_with('/') ? std::nullopt : std::optional(path);
  }
  std::string_view path = request.path();
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  if (!path.empty() && path.front() != '/') return {};
  return path;
}

RelativePath& RelativePath::operator=(const RelativePath& other) noexcept {
  if (this == &other) return *this;
  size_ = other.size_;
  std::memcpy(text_, other.text_, size_ + 1);
  return *this;
}

bool RelativePath::assign(std::string_view path, Dotfiles dotfiles) noexcept {
  truncate(0);
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    const bool dotted = segment.starts_with('.');
    const bool hidden = dotfiles == Dotfiles::hidden || segment == "." || segment == ".." || segment.starts_with(private_prefix);
    const bool refused = segment.empty() || (dotted && hidden) || std::memchr(segment.data(), '\0', segment.size()) != nullptr;
    if (refused || !push(segment)) {
      truncate(0);
      return false;
    }
  }
  return true;
}

bool RelativePath::push(std::string_view name) noexcept {
  const std::size_t separator = size_ == 0 ? 0 : 1;
  if (name.size() >= sizeof text_ - size_ - separator) return false;
  if (separator != 0) text_[size_] = '/';
  std::memcpy(text_ + size_ + separator, name.data(), name.size());
  size_ += separator + name.size();
  finish();
  return true;
}

bool RelativePath::append(std::string_view suffix) noexcept {
  if (suffix.size() >= sizeof text_ - size_) return false;
  std::memcpy(text_ + size_, suffix.data(), suffix.size());
  size_ += suffix.size();
  finish();
  return true;
}

void RelativePath::truncate(std::size_t size) noexcept {
  size_ = size;
  finish();
}

}  // namespace ropeway::handlers
