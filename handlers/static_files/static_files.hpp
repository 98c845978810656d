#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/services.hpp>

#include "handlers/static_files/file_cache.hpp"
#include "handlers/static_files/relative_path.hpp"
#include "handlers/static_files/root.hpp"

namespace ropeway::handlers {

/// Serves the files below a folder to GET and HEAD (and says so to OPTIONS): index files, listings, ranges, conditional requests, media types.
///
/// Which file a path means: the route's parameter `{path...}` where it has one ("GET /static/{path...}"); else the whole path, without
/// `prefix` ("GET /static/" with `"prefix": "/static"`).
///
/// Options (the texts in `settings` are the reference): `root` (required), `index`, `listing`, `dotfiles`, `follow_symlinks`,
/// `cache_control`, `precompressed`, `prefix` and `cache`.
///
/// What is not served is 404, so that nothing tells it from what does not exist: dotfiles, links that lead out of the root, sockets,
/// FIFOs and devices. A file that the process may not read is 403. A folder asked for without its "/" is 301 to the path with it.
///
/// With `precompressed`, "a.css.br" beside "a.css" is sent in its place, as `Content-Encoding: br`, to a client that wants it most. It is a
/// representation of its own: entity tag, length and ranges are those of the compressed file. A sibling that is older than its file by more
/// than a minute was forgotten when the file changed, and is not used. Whether there are siblings is looked up with the file, so that one
/// that is new may take a second to be seen.
///
/// Where the root's name comes to stand for another folder (renamed, or a link set anew), that one is served within a second.
///
/// The cost of a file that was asked for lately: one system call, to see that it has not changed, and no allocation.
class StaticFiles final : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  /// Opens the root. Throws `ConfigError` where that is no folder, and for an index that is no plain name.
  StaticFiles(const ConfigNode& options, Services& services);
  [[nodiscard]] Response handle(const Request& request) const override;

 private:
  /// What a path names: a file, or else an errno, which is EISDIR for a folder.
  struct Found {
    std::shared_ptr<const ServedFile> file;
    int error = 0;
  };

  enum class Kind : bool { original, sibling };

  void look_after_root() const noexcept;
  [[nodiscard]] Found find(RelativePath& path, Kind kind = Kind::original) const;
  [[nodiscard]] Found load(RelativePath& path, Kind kind, bool is_folder = false) const;
  [[nodiscard]] CodingSet find_siblings(RelativePath& path) const;
  [[nodiscard]] Response serve_file(const Request& request, RelativePath& path) const;
  [[nodiscard]] Response serve_folder(const Request& request, RelativePath& path) const;
  [[nodiscard]] Response serve_listing(const Request& request, const RelativePath& path) const;
  [[nodiscard]] Response respond(const Request& request, RelativePath& path, const std::shared_ptr<const ServedFile>& file) const;
  [[nodiscard]] Response respond_coded(const Request& request, RelativePath& path, const std::shared_ptr<const ServedFile>& file) const;

  const Clock& clock_;
  Root root_;
  mutable std::atomic<std::chrono::steady_clock::time_point> root_looked_at_;
  std::vector<std::string> index_;
  bool listing_;
  RelativePath::Dotfiles dotfiles_;
  std::string cache_control_;
  std::vector<ContentCoding> precompressed_;  // the first is preferred
  std::string prefix_;                        // begins with "/" and does not end with it; empty without one
  std::uint64_t small_bytes_;
  mutable FileCache cache_;
};

}  // namespace ropeway::handlers
