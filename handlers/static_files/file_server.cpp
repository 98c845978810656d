#include "handlers/static_files/file_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>
#include <unordered_set>

#include <ropeway/http_error.hpp>
#include <ropeway/url.hpp>

#include "handlers/root_option.hpp"
#include "handlers/static_files/folder.hpp"
#include "handlers/vary.hpp"

namespace ropeway::handlers {
namespace {

/// A layer's part of the bounds that all have together.
[[nodiscard]] FileCache::Limits share_of(const FileCache::Limits& limits, std::size_t layers) {
  return {limits.entries / layers, limits.descriptors / layers, limits.bytes / layers, limits.file_bytes};
}

/// Whether a sibling was made before its file was changed. It is not as simple as "older": a copy of a whole tree (a checkout, an image) gives
/// both the times at which they were copied.
[[nodiscard]] bool is_stale(const timespec& sibling, const timespec& original) noexcept { return sibling.tv_sec + 60 < original.tv_sec; }

/// Whether the last segment has a dot, and so names a file rather than a page of an application.
[[nodiscard]] bool names_a_file(std::string_view path) noexcept { return path.find('.', path.rfind('/') + 1) != std::string_view::npos; }

constexpr std::size_t small_listing = 64 * 1024;

[[nodiscard]] bool is_absent(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

[[nodiscard]] Response no_such_file() { return Response::error(Status::not_found); }

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
    case ENODEV: return no_such_file();
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

[[nodiscard]] bool has_content(Status status) noexcept { return status == Status::ok || status == Status::partial_content; }

}  // namespace

FileServer::FileServer(const ConfigNode& options, const Clock& clock, MistakeCollector mistakes)
    : options_(options, mistakes), listings_(options.integer("listings")) {
  const FileCache::Limits limits = share_of(options_.cache, options_.roots.size());
  for (const std::string& root : options_.roots) {
    mistakes.collect(
        [&] { layers_.push_back(std::make_unique<Layer>(open_root(options, root, options_.links), options_, limits, clock)); });
  }
  mistakes.throw_if_any();
}

Response FileServer::respond(const Request& request, const StaticFiles& hooks) const {
  if (request.method() == Method::other) return Response::error(Status::not_implemented);  // RFC 9110 §15.6.2
  if (request.method() != Method::get && request.method() != Method::head) {
    const bool asks = request.method() == Method::options;  // §9.3.7
    return (asks ? Response(Status::no_content) : Response::error(Status::method_not_allowed)).header("Allow", "GET, HEAD, OPTIONS");
  }
  const Call call{request, hooks};
  std::optional<Response> response = hooks.authorize(request);
  if (!response) {
    std::string scratch;
    const auto local = hooks.map_path(request, scratch);
    response = local ? serve(call, *local) : no_such_file();
  }
  if (code(response->status()) >= 400 && !options_.error_pages.empty()) put_error_page(*response);
  return std::move(*response);
}

Response FileServer::serve(const Call& call, std::string_view local) const {
  RelativePath path;
  if (!path.assign(local, options_.dotfiles)) return no_such_file();
  if (call.request.path().ends_with('/')) return serve_folder(call, path);
  const Found found = find(path);
  if (found.file) return serve_found(call, path, found);
  if (found.error == EISDIR) return add_slash(call.request);
  return is_absent(found.error) ? serve_fallback(call) : response_to(found.error);
}

FileServer::Found FileServer::find(RelativePath& path) const {
  if (options_.is_excluded(path.view())) return {nullptr, ENOENT};
  for (const auto& layer : layers_) {
    Layer::Found found = layer->find(path);
    if (found.file || !is_absent(found.error)) return {std::move(found.file), found.error, layer.get()};
  }
  return {nullptr, ENOENT};
}

// The index file of the folder; `path` becomes that file's where there is one.
FileServer::Found FileServer::find_index(RelativePath& path) const {
  const std::size_t size = path.size();
  for (const std::string& name : options_.index) {
    if (!path.push(name)) return {nullptr, ENAMETOOLONG};
    Found found = find(path);
    if (found.file) return found;
    path.truncate(size);
    if (!is_absent(found.error) && found.error != EISDIR) return found;
  }
  return {nullptr, ENOENT};
}

Response FileServer::serve_folder(const Call& call, RelativePath& path) const {
  const Found found = find_index(path);
  if (found.file) return serve_found(call, path, found);
  if (!is_absent(found.error)) return response_to(found.error);
  return options_.listing ? serve_listing(call, path) : serve_fallback(call);
}

bool FileServer::may_list(const Request& request, const StaticFiles& hooks) const {
  if (!options_.listing || !request.path().ends_with('/')) return false;
  std::string scratch;
  RelativePath path;
  const auto local = hooks.map_path(request, scratch);
  if (!local || !path.assign(*local, options_.dotfiles)) return false;
  const Found found = find_index(path);
  return !found.file && is_absent(found.error);
}

Response FileServer::serve_listing(const Call& call, const RelativePath& path) const {
  std::optional<FolderListing> listing;
  std::unordered_set<std::string_view> names;
  int error = ENOENT;
  for (const auto& layer : layers_) {
    const Root::Opened opened = layer->root().open(path.c_str());
    struct stat status;
    if (!opened.file || ::fstat(opened.file->descriptor(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_nlink == 0) {
      if (!opened.file && !is_absent(opened.error)) error = opened.error;
      continue;
    }
    FolderListing more = read_folder(layer->root(), path, *opened.file, options_.dotfiles);
    if (!listing) {
      listing = std::move(more);
      continue;
    }
    names.clear();
    for (const FolderEntry& entry : listing->entries) names.insert(entry.name);
    std::erase_if(more.entries, [&names](const FolderEntry& entry) { return names.contains(entry.name); });
    names.clear();
    std::move(more.entries.begin(), more.entries.end(), std::back_inserter(listing->entries));
    listing->is_cut = listing->is_cut || more.is_cut;
  }
  if (!listing) return is_absent(error) ? serve_fallback(call) : response_to(error);
  std::erase_if(listing->entries, [this](const FolderEntry& entry) { return options_.is_excluded(entry.name); });
  listing->path = path.view();
  Response response = call.hooks.listing(call.request, std::move(*listing));
  response.headers().set("X-Content-Type-Options", "nosniff");
  options_.rules.apply_to_all(response.headers());
  bound_listing(response.body());
  return response;
}

// A large page stays in memory until its client has taken it, so only so many are there at once.
void FileServer::bound_listing(Body& body) const {
  if (body.shared() != nullptr || body.text().size() <= small_listing) return;  // a derived class may share a page
  struct Page {
    std::string text;
    std::shared_ptr<const void> place;
  };
  auto place = listings_.take();
  if (place == nullptr) throw HttpError(Status::service_unavailable, "more large listings are being sent at once than `listings` says");
  const auto page = std::make_shared<const Page>(Page{body.take_text(), std::move(place)});
  body.assign(SharedBytes{page, page->text});
}

// The page of a single-page application, for a path of its own making.
Response FileServer::serve_fallback(const Call& call) const {
  if (options_.fallback.empty() || names_a_file(call.request.path())) return no_such_file();
  RelativePath path;
  if (!path.assign(options_.fallback, RelativePath::Dotfiles::served)) return no_such_file();
  const Found found = find(path);
  return found.file ? serve_found(call, path, found) : no_such_file();
}

Response FileServer::serve_found(const Call& call, RelativePath& path, const Found& found) const {
  const ServedFile& file = *found.file;
  const bool negotiated = !file.siblings.empty();
  Response response = negotiated ? in_best_coding(call.request, path, found) : respond_with(call.request, found.file, file.media_type);
  if (negotiated) add_vary(response.headers(), "Accept-Encoding");
  response.headers().add("X-Content-Type-Options", "nosniff");
  // Freshness of an error, such as 412 and 416, would let a cache keep it in the file's place.
  if (code(response.status()) < 400) options_.rules.apply(file.rules, response.headers());
  call.hooks.headers(call.request, path.view(), response);
  return response;
}

// In the coding that the client wants most, of those in which the file is there and current.
Response FileServer::in_best_coding(const Request& request, RelativePath& path, const Found& found) const {
  const ServedFile& file = *found.file;
  const AcceptedCodings accepted(request.headers());
  const std::size_t size = path.size();
  std::array<ContentCoding, 3> offered;
  std::size_t count = 0;
  for (const ContentCoding coding : options_.precompressed) {
    if (file.siblings.contains(coding) && count < offered.size()) offered[count++] = coding;
  }
  while (count > 0) {
    const ContentCoding coding = accepted.best_of(std::span(offered).first(count));
    if (coding == ContentCoding::identity) break;
    if (path.append(sibling_suffix(coding))) {
      const Layer::Found sibling = found.layer->find(path, Layer::Kind::sibling);
      path.truncate(size);
      const bool is_whole = sibling.file && sibling.file->size > 0;  // no coding makes nothing of anything
      if (is_whole && !is_stale(sibling.file->identity.modified, file.identity.modified)) {
        Response response = respond_with(request, sibling.file, file.media_type);
        if (has_content(response.status())) response.headers().add("Content-Encoding", to_string(coding));
        return response;
      }
    }
    count = static_cast<std::size_t>(std::remove(offered.begin(), offered.begin() + count, coding) - offered.begin());
  }
  return respond_with(request, found.file, file.media_type);
}

// The page's content in the place of the error's own; everything else that the error says stays.
void FileServer::put_error_page(Response& response) const {
  const auto page = options_.error_pages.find(code(response.status()));
  RelativePath path;
  if (page == options_.error_pages.end() || !path.assign(page->second, RelativePath::Dotfiles::served)) return;
  const Found found = find(path);
  if (!found.file) return;
  const ServedFile& file = *found.file;
  response.headers().set("Content-Type", file.media_type);
  response.headers().set("X-Content-Type-Options", "nosniff");
  if (file.is_small) {
    response.body().assign(SharedBytes{found.file, file.bytes});
  } else {
    response.body().assign(FileSlice{file.file, 0, file.size});
  }
}

}  // namespace ropeway::handlers
