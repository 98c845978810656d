#pragma once

#include <climits>
#include <cstddef>
#include <optional>
#include <string_view>

#include <ropeway/request.hpp>

namespace ropeway::handlers {

/// Whether a percent-encoded slash stands in `path`, as sent.
[[nodiscard]] bool has_encoded_slash(std::string_view path) noexcept;

/// The path below a root that a request means: the parameter `{path...}` of its route, or the whole path without `prefix` (which begins with
/// "/" and does not end with it). Nothing where it lies outside, or where a slash in it is encoded.
[[nodiscard]] std::optional<std::string_view> local_path(const Request& request, std::string_view prefix) noexcept;

/// A path below a root folder, in memory of its own, so that a request for a file allocates nothing. It never begins with "/", never holds
/// ".", ".." or empty segments nor NUL, and is at most `PATH_MAX - 1` bytes long. The root itself is the empty path.
class RelativePath {
 public:
  enum class Dotfiles : bool { hidden, served };
  /// What the names of files begin with that are being stored: nobody else's business, whatever `Dotfiles` says.
  static constexpr std::string_view private_prefix = ".ropeway-upload-";

  RelativePath() noexcept { finish(); }
  RelativePath(const RelativePath& other) noexcept { *this = other; }
  RelativePath& operator=(const RelativePath& other) noexcept;

  /// Takes the decoded path of a request; slashes at both ends and doubled ones do not count. Says false, and is the root, where that
  /// names nothing that could be served: dot segments, NUL, a hidden or private file or folder, too long.
  [[nodiscard]] bool assign(std::string_view path, Dotfiles dotfiles) noexcept;
  /// Appends a name, which must not hold "/"; says false where the path would become too long.
  [[nodiscard]] bool push(std::string_view name) noexcept;
  /// Appends to the last name ("a.css" + ".br"); says false where the path would become too long.
  [[nodiscard]] bool append(std::string_view suffix) noexcept;
  /// Goes back to a length that `size` gave before.
  void truncate(std::size_t size) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_root() const noexcept { return size_ == 0; }
  /// Without slashes at its ends. The view ends with the next change of this object.
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }
  /// For system calls: "." for the root.
  [[nodiscard]] const char* c_str() const noexcept { return size_ == 0 ? "." : text_; }

 private:
  void finish() noexcept { text_[size_] = '\0'; }
  std::size_t size_ = 0;
  char text_[PATH_MAX];  // written up to size_ only
};

}  // namespace ropeway::handlers
