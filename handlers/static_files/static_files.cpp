#include "handlers/static_files/static_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>

#include <ropeway/http_error.hpp>
#include <ropeway/url.hpp>

#include "handlers/static_files/listing.hpp"

namespace ropeway::handlers {
namespace {

[[nodiscard]] Root open_root(const ConfigNode& options) {
  const std::string path = options.path("root");
  try {
    return Root(path, options.boolean("follow_symlinks") ? Root::Links::followed : Root::Links::confined);
  } catch (const std::system_error& error) {
    const int number = error.code().value();
    if (number == EMFILE || number == ENFILE || number == ENOMEM) throw;
    if (number == ENOENT) throw options.error("root", "there is no folder \"" + path + "\": create it, or correct the path");
    if (number == ENOTDIR) throw options.error("root", "\"" + path + "\" is no folder: name the folder that holds the files");
    if (number == ENOSYS) throw options.error("root", std::string(error.what()) + ": mount /proc, or set `follow_symlinks` to true");
    throw options.error("root", "cannot open the folder \"" + path + "\" (" + error.code().message() + "): check its permissions");
  }
}

[[nodiscard]] std::vector<std::string> index_names(const ConfigNode& options) {
  std::vector<std::string> names = options.strings("index");
  for (const std::string& name : names) {
    const bool plain = !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    if (!plain) throw options.error("index", "\"" + name + "\" is no file name: write a plain name such as \"index.html\"");
  }
  return names;
}

[[nodiscard]] std::string prefix_from(const ConfigNode& options) {
  std::string prefix = options.string("prefix");
  if (!prefix.empty() && prefix.front() != '/') throw options.error("prefix", "begin with \"/\", for example \"/static\"");
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

[[nodiscard]] std::string cache_control_from(const ConfigNode& options) {
  std::string value = options.string("cache_control");
  try {
    Headers().add("Cache-Control", value);
  } catch (const std::invalid_argument&) {
    throw options.error("cache_control", "this cannot be sent in a header field: remove line breaks and control characters");
  }
  return value;
}

[[nodiscard]] std::vector<ContentCoding> codings_from(const ConfigNode& options) {
  std::vector<ContentCoding> codings;
  for (const std::string& name : options.strings("precompressed")) codings.push_back(*content_coding_from(name));
  return codings;
}

/// What the name of a file in that coding ends in.
[[nodiscard]] std::string_view suffix_of(ContentCoding coding) noexcept {
  switch (coding) {
    case ContentCoding::gzip: return ".gz";
    case ContentCoding::br: return ".br";
    case ContentCoding::zstd: return ".zst";
    case ContentCoding::identity: break;
  }
  return {};
}

/// Whether a sibling was made before its file was changed. It is not as simple as "older": a copy of a whole tree (a checkout, an image) gives
/// both the times at which they were copied.
[[nodiscard]] bool is_stale(const timespec& sibling, const timespec& original) noexcept { return sibling.tv_sec + 60 < original.tv_sec; }

[[nodiscard]] FileCache::Limits limits_from(const ConfigNode& cache) {
  return {static_cast<std::size_t>(cache.integer("entries")), static_cast<std::size_t>(cache.integer("descriptors")), cache.size("bytes"),
          cache.size("file_bytes")};
}

/// Whether a percent-encoded slash stands in `path`, as sent.
[[nodiscard]] bool has_encoded_slash(std::string_view path) noexcept {
  return path.find("%2F") != std::string_view::npos || path.find("%2f") != std::string_view::npos;
}

/// The path below the root that the request means; nothing where it lies outside of `prefix`.
[[nodiscard]] std::optional<std::string_view> local_path(const Request& request, std::string_view prefix) noexcept {
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

[[nodiscard]] Response not_found() { return Response::error(Status::not_found); }

[[nodiscard]] Response response_to(int error) {
  switch (error) {
    case EACCES:
    case EPERM: return Response::error(Status::forbidden);
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EXDEV:
    case ENXIO:
    case ENODEV: return not_found();
    case EMFILE:
    case ENFILE:
    case ENOMEM: throw HttpError(Status::service_unavailable, "cannot open a file: " + std::generic_category().message(error));
    default: throw HttpError(Status::internal_server_error, "cannot read a file: " + std::generic_category().message(error));
  }
}

/// To the same path with "/" at its end. It begins with exactly one "/" and everything else in it is encoded, so it names no host.
[[nodiscard]] Response add_slash(const Request& request) {
  std::string_view path = request.path();
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::string location = "/" + percent_encode(path, true) + "/";
  if (!request.query().empty()) location.append("?").append(request.query());
  return Response::redirect(location, Status::moved_permanently);
}

}  // namespace

Settings StaticFiles::settings() {
  return {
      Setting::path("root",
                    "The folder that is served. Where its name comes to stand for another folder, that one is served within a second.")
          .required(),
      Setting::list("index", "Files that answer for their folder; the first that exists counts.", Setting::string("name", "A file name."))
          .by_default("[\"index.html\"]"),
      Setting::boolean("listing", "Show the files of a folder without an index file (JSON for `Accept: application/json`).")
          .by_default("false"),
      Setting::boolean("dotfiles", "Serve files and folders whose names begin with a dot.").by_default("false"),
      Setting::boolean("follow_symlinks", "Follow symbolic links that lead out of the root. Those that stay inside always work.")
          .by_default("false"),
      Setting::string("cache_control", "`Cache-Control` of files, for example \"max-age=3600\"; none where empty.").by_default("\"\""),
      Setting::list(
          "precompressed",
          "Codings whose files beside the original (`.br`, `.zst`, `.gz`) are sent to clients that want them; the first is preferred.",
          Setting::string("coding", "A content coding.").one_of({"br", "zstd", "gzip"}))
          .by_default("[]"),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
      Setting::object("cache", "Files that were asked for lately. A change of a file is seen at once all the same.",
                      {Setting::integer("entries", "How many files; 0 for none.").at_least(0).at_most(1'000'000).by_default("1024"),
                       Setting::integer("descriptors", "How many files are kept open.").at_least(0).at_most(1'000'000).by_default("256"),
                       Setting::size("bytes", "How much memory.").by_default("\"16M\""),
                       Setting::size("file_bytes", "Files up to this size are kept in memory, larger ones are kept open.")
                           .at_most(1 << 20)
                           .by_default("\"16k\"")})
          .by_default("{}"),
  };
}

StaticFiles::StaticFiles(const ConfigNode& options, Services& services)
    : clock_(services.clock()),
      root_(open_root(options)),
      root_looked_at_(services.clock().steady_now()),
      index_(index_names(options)),
      listing_(options.boolean("listing")),
      dotfiles_(options.boolean("dotfiles") ? RelativePath::Dotfiles::served : RelativePath::Dotfiles::hidden),
      cache_control_(cache_control_from(options)),
      precompressed_(codings_from(options)),
      prefix_(prefix_from(options)),
      small_bytes_(options.object("cache").size("file_bytes")),
      cache_(limits_from(options.object("cache"))) {}

Response StaticFiles::handle(const Request& request) const {
  if (request.method() == Method::other) return Response::error(Status::not_implemented);  // RFC 9110 §15.6.2
  if (request.method() != Method::get && request.method() != Method::head) {
    const bool asks = request.method() == Method::options;  // §9.3.7
    return (asks ? Response(Status::no_content) : Response::error(Status::method_not_allowed)).header("Allow", "GET, HEAD, OPTIONS");
  }
  const auto local = local_path(request, prefix_);
  look_after_root();
  RelativePath path;
  if (!local || !path.assign(*local, dotfiles_)) return not_found();
  return request.path().ends_with('/') ? serve_folder(request, path) : serve_file(request, path);
}

void StaticFiles::look_after_root() const noexcept {
  const auto now = clock_.steady_now();
  auto looked_at = root_looked_at_.load(std::memory_order_relaxed);
  if (now - looked_at < FileCache::resolution_time) return;
  if (root_looked_at_.compare_exchange_strong(looked_at, now, std::memory_order_relaxed)) root_.follow_name();
}

StaticFiles::Found StaticFiles::find(RelativePath& path, Kind kind) const {
  struct stat status;
  const int error = root_.status(path.c_str(), status);
  if (error != 0) {
    cache_.forget(path.view());
    // A folder on the way that may not be searched, perhaps outside: that is for the confined way to tell.
    return error == EACCES ? load(path, kind) : Found{nullptr, error};
  }
  if (S_ISDIR(status.st_mode)) return load(path, kind, true);
  if (!S_ISREG(status.st_mode)) return {nullptr, ENXIO};
  if (auto file = cache_.find(path.view(), FileIdentity(status), clock_.steady_now())) return {std::move(file)};
  return load(path, kind);
}

StaticFiles::Found StaticFiles::load(RelativePath& path, Kind kind, bool is_folder) const {
  const Moment now{clock_.now(), clock_.steady_now()};
  Root::Opened opened = root_.open(path.c_str(), is_folder ? Root::Purpose::locate : Root::Purpose::read);
  if (!opened.file) return {nullptr, opened.error};
  if (is_folder) return {nullptr, EISDIR};
  const CodingSet siblings = kind == Kind::original ? find_siblings(path) : CodingSet();
  auto file = load_file(std::move(opened.file), path.view(), small_bytes_, now, siblings);
  if (!file) return {nullptr, errno};
  cache_.insert(path.view(), file);
  return {std::move(file)};
}

CodingSet StaticFiles::find_siblings(RelativePath& path) const {
  CodingSet siblings;
  const std::size_t size = path.size();
  for (const ContentCoding coding : precompressed_) {
    struct stat status;
    if (path.append(suffix_of(coding)) && root_.status(path.c_str(), status) == 0 && S_ISREG(status.st_mode)) siblings.add(coding);
    path.truncate(size);
  }
  return siblings;
}

Response StaticFiles::serve_file(const Request& request, RelativePath& path) const {
  const Found found = find(path);
  if (found.file) return respond(request, path, found.file);
  return found.error == EISDIR ? add_slash(request) : response_to(found.error);
}

Response StaticFiles::serve_folder(const Request& request, RelativePath& path) const {
  const std::size_t size = path.size();
  for (const std::string& name : index_) {
    if (!path.push(name)) return not_found();
    const Found found = find(path);
    if (found.file) return respond(request, path, found.file);
    path.truncate(size);
    if (found.error == ENOENT || found.error == EISDIR) continue;
    return response_to(found.error);
  }
  return listing_ ? serve_listing(request, path) : not_found();
}

Response StaticFiles::serve_listing(const Request& request, const RelativePath& path) const {
  const Root::Opened opened = root_.open(path.c_str());
  if (!opened.file) return response_to(opened.error);
  struct stat status;
  if (::fstat(opened.file->descriptor(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_nlink == 0) return not_found();
  Response response = listing_response(request, path.view(), read_folder(root_, path, *opened.file, dotfiles_));
  response.headers().add("X-Content-Type-Options", "nosniff");
  return response;
}

// In the coding that the client wants most, of those in which the file is there and current.
Response StaticFiles::respond_coded(const Request& request, RelativePath& path, const std::shared_ptr<const ServedFile>& file) const {
  const AcceptedCodings accepted(request.headers());
  const std::size_t size = path.size();
  std::array<ContentCoding, 3> offered;
  std::size_t count = 0;
  for (const ContentCoding coding : precompressed_) {
    if (file->siblings.contains(coding) && count < offered.size()) offered[count++] = coding;
  }
  while (count > 0) {
    const ContentCoding coding = accepted.best_of(std::span(offered).first(count));
    if (coding == ContentCoding::identity) break;
    if (path.append(suffix_of(coding))) {
      const Found found = find(path, Kind::sibling);
      path.truncate(size);
      if (found.file && !is_stale(found.file->identity.modified, file->identity.modified)) {
        Response response = respond_with(request, found.file, file->media_type);
        const bool has_content = response.status() == Status::ok || response.status() == Status::partial_content;
        if (has_content) response.headers().add("Content-Encoding", to_string(coding));
        return response;
      }
    }
    count = static_cast<std::size_t>(std::remove(offered.begin(), offered.begin() + count, coding) - offered.begin());
  }
  return respond_with(request, file, file->media_type);
}

Response StaticFiles::respond(const Request& request, RelativePath& path, const std::shared_ptr<const ServedFile>& file) const {
  const bool negotiated = !file->siblings.empty();
  Response response = negotiated ? respond_coded(request, path, file) : respond_with(request, file, file->media_type);
  if (negotiated) response.headers().add("Vary", "Accept-Encoding");
  response.headers().add("X-Content-Type-Options", "nosniff");
  if (!cache_control_.empty()) response.headers().add("Cache-Control", cache_control_);
  return response;
}

}  // namespace ropeway::handlers
