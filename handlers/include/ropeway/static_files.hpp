#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/handler.hpp>
#include <ropeway/request.hpp>
#include <ropeway/response.hpp>
#include <ropeway/services.hpp>
#include <ropeway/setting.hpp>

namespace ropeway {

namespace handlers {
class FileServer;
}

/// One name in a folder: a file or a folder that would be served.
struct FolderEntry {
  std::string name;  ///< any bytes but "/" and NUL
  bool is_folder = false;
  std::uint64_t size = 0;  ///< of a file
  std::chrono::system_clock::time_point modified{};
};

/// What a folder holds, at most `most_entries` names of it: the first by name, among the `most_names` that the system tells first.
struct FolderListing {
  static constexpr std::size_t most_entries = 10'000;
  static constexpr std::size_t most_names = 100'000;
  std::vector<FolderEntry> entries;  ///< in no order
  bool is_cut = false;               ///< there are more
  std::string path;                  ///< below the root, without slashes at its ends
};

/// Serves the files below a folder to GET and HEAD (and says so to OPTIONS): index files, listings, ranges, conditional requests, media types.
/// The built-in handler `static_files`, and the base of your own: override a hook, and register the class under another name.
///
/// Which file a path means: the route's parameter `{path...}` where it has one ("GET /static/{path...}"); else the whole path, without
/// `prefix` ("GET /static/" with `"prefix": "/static"`).
///
/// Options: the texts in `settings` are the reference. Several roots lie over each other: the first that has the file counts.
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
///
/// The hooks are called by many threads at once, on I/O threads (only `listing` on the pool): they must not block. What they throw becomes an
/// error response. For a folder `map_path` may be asked twice.
class StaticFiles : public Handler {
 public:
  [[nodiscard]] static Settings settings();
  /// Opens the roots. Throws `ConfigError` where one is no folder, and for options that cannot be used.
  StaticFiles(const ConfigNode& options, Services& services);
  ~StaticFiles() override;
  [[nodiscard]] Response handle(const Request& request) const override;
  /// A listing reads a whole folder.
  [[nodiscard]] bool blocks(const Request& request) const override;
  [[nodiscard]] bool uses_body() const noexcept override { return false; }

 protected:
  /// Asked before anything is looked up: nothing lets the request go on, a response refuses it (401, 403, a redirect).
  [[nodiscard]] virtual std::optional<Response> authorize(const Request& request) const;

  /// The path below the root that the request means, percent-decoded: a view of the request's own text, or of `scratch`, which is there to
  /// put together another one. Nothing is 404. Whatever it gives, nothing outside of the root and no dotfile is served.
  [[nodiscard]] virtual std::optional<std::string_view> map_path(const Request& request, std::string& scratch) const;

  /// The page for a folder that has no index file, where `listing` is on.
  [[nodiscard]] virtual Response listing(const Request& request, FolderListing folder) const;

  /// A response made from a file (200, 206, 304, 412 or 416) before it is sent; `path` is the file's, below the root. To add or change fields.
  virtual void headers(const Request& request, std::string_view path, Response& response) const;

 private:
  friend class handlers::FileServer;
  std::unique_ptr<const handlers::FileServer> server_;
};

}  // namespace ropeway
