#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/services.hpp>
#include <ropeway/static_files.hpp>

#include "handlers/places.hpp"
#include "handlers/relative_path.hpp"
#include "handlers/root.hpp"
#include "handlers/static_files/file_cache.hpp"
#include "handlers/static_files/file_options.hpp"

namespace ropeway::handlers {

/// One of the folders that lie over each other, with the files of it that were asked for lately. Thread-safe.
class Layer {
 public:
  /// A file, or else an errno, which is EISDIR for a folder.
  struct Found {
    std::shared_ptr<const ServedFile> file;
    int error = 0;
  };
  enum class Kind : bool { original, sibling };

  /// `options` and `clock` outlive it.
  Layer(Root root, const FileOptions& options, const FileCache::Limits& limits, const Clock& clock);

  /// What `path` names; the path is as before when it returns.
  [[nodiscard]] Found find(RelativePath& path, Kind kind = Kind::original);
  [[nodiscard]] const Root& root() noexcept {
    look_after_root();
    return root_;
  }

 private:
  void look_after_root() noexcept;
  [[nodiscard]] Found load(RelativePath& path, Kind kind, bool is_folder = false);
  [[nodiscard]] CodingSet find_siblings(RelativePath& path) const;

  const FileOptions& options_;
  const Clock& clock_;
  Root root_;
  std::atomic<std::chrono::steady_clock::time_point> looked_at_;
  FileCache cache_;
};

/// What `StaticFiles` does, with its hooks.
class FileServer {
 public:
  /// Opens the roots. Throws `ConfigErrors` with all that is wrong with the options, also where a root is no folder.
  FileServer(const ConfigNode& options, const Clock& clock, MistakeCollector mistakes = {});

  /// The answer to a request; `hooks` are asked on the way.
  [[nodiscard]] Response respond(const Request& request, const StaticFiles& hooks) const;
  /// Whether the answer may be a listing.
  [[nodiscard]] bool may_list(const Request& request, const StaticFiles& hooks) const;
  /// What `map_path` says where nobody overrides it.
  [[nodiscard]] std::optional<std::string_view> local_path(const Request& request) const noexcept {
    return handlers::local_path(request, options_.prefix);
  }

 private:
  /// A file, or else an errno, which is EISDIR for a folder; and the layer that has it.
  struct Found {
    std::shared_ptr<const ServedFile> file;
    int error = 0;
    Layer* layer = nullptr;
  };
  /// One request on its way.
  struct Call {
    const Request& request;
    const StaticFiles& hooks;
  };

  [[nodiscard]] Found find(RelativePath& path) const;
  [[nodiscard]] Found find_index(RelativePath& path) const;
  [[nodiscard]] Response serve(const Call& call, std::string_view local) const;
  [[nodiscard]] Response serve_folder(const Call& call, RelativePath& path) const;
  [[nodiscard]] Response serve_listing(const Call& call, const RelativePath& path) const;
  [[nodiscard]] Response serve_fallback(const Call& call) const;
  [[nodiscard]] Response serve_found(const Call& call, RelativePath& path, const Found& found) const;
  [[nodiscard]] Response in_best_coding(const Request& request, RelativePath& path, const Found& found) const;
  void put_error_page(Response& response) const;
  void bound_listing(Body& body) const;

  FileOptions options_;
  Places listings_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace ropeway::handlers
