#include "handlers/uploads/uploads.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <ropeway/http_error.hpp>

#include "handlers/root_option.hpp"
#include "handlers/uploads/upload_target.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t enough_to_write = 256 * 1024;
constexpr const char* allowed = "PUT, DELETE, OPTIONS";

std::optional<std::uint64_t> announced_length(const Request& request) {
  const std::string_view text = request.header("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return text.empty() || error != std::errc() || end != text.data() + text.size() ? std::nullopt : std::optional(length);
}

}  // namespace

Settings Uploads::settings() {
  return {
      Setting::path("root", "The folder below which files are stored.").at_least(1).required(),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
      Setting::boolean("create_folders", "Make the folders of a path that are missing.").by_default("true"),
      Setting::boolean("dotfiles", "Take names that begin with a dot.").by_default("false"),
      Setting::boolean("sync", "Answer only when the file is on the disk (fsync), so that a loss of power cannot take it back.")
          .by_default("true"),
      Setting::size("max_bytes", "The largest file; past it, status 413. `limits.body_bytes` bounds it as well.").by_default("\"1T\""),
  };
}

Uploads::Uploads(const ConfigNode& options, Services& services)
    : pool_(services.blocking_pool()),
      prefix_(prefix_from(options)),
      root_(open_root(options, options.path("root"), Root::Links::confined)),
      dotfiles_(options.boolean("dotfiles") ? RelativePath::Dotfiles::served : RelativePath::Dotfiles::hidden),
      create_folders_(options.boolean("create_folders")),
      sync_(options.boolean("sync")),
      max_bytes_(options.size("max_bytes")) {}

awaitable<Response> Uploads::handle(Request& request) const {
  if (request.method() == Method::options) co_return Response(Status::no_content).header("Allow", allowed);
  if (request.method() != Method::put && request.method() != Method::delete_) {
    const bool known = request.method() != Method::other;
    co_return known ? Response::error(Status::method_not_allowed).header("Allow", allowed) : Response::error(Status::not_implemented);
  }
  const auto local = local_path(request, prefix_);
  RelativePath path;
  if (!local || !path.assign(*local, dotfiles_)) co_return Response::error(Status::not_found);
  if (path.is_root() || local->ends_with('/')) co_return Response::error(Status::conflict, "The path names a folder; name a file.");
  if (request.method() == Method::put) co_return co_await put(request, path);
  co_return co_await remove(request, path);
}

awaitable<Response> Uploads::put(Request& request, const RelativePath& path) const {
  // RFC 9110 §14.5: a server that stores no parts must not take a part for the whole.
  if (request.headers().find("Content-Range"))
    co_return Response::error(Status::bad_request, "A part of a file cannot be stored; send all of it.");
  const auto too_large = [] { return HttpError(Status::content_too_large, "The file is larger than this server stores (max_bytes)."); };
  if (announced_length(request).value_or(0) > max_bytes_) throw too_large();

  std::optional<UploadTarget> target;
  std::optional<PendingUpload> pending;
  co_await pool_.run([&] {
    root_.follow_name();
    target.emplace(root_, path, create_folders_);
    target->require_preconditions(request);
    pending.emplace(*target);
  });

  std::uint64_t size = 0;
  std::string piece;
  BodyReader* const reader = request.body_reader();
  for (bool ended = reader == nullptr; !ended || !piece.empty();) {
    if (!ended) {
      const std::string_view data = co_await reader->read();
      ended = data.empty();
      size += data.size();
      if (size > max_bytes_) throw too_large();
      piece += data;
    }
    if (piece.size() < enough_to_write && !ended) continue;
    co_await pool_.run([&] { pending->write(piece); });
    piece.clear();
  }

  bool was_there = false;
  const FileIdentity stored = co_await pool_.run([&] {
    if (sync_) pending->sync();
    FileIdentity identity = [&] {  // conditions and rename as one step
      const UploadTarget::Lock lock(*target);
      target->require_preconditions(request);
      was_there = target->existing().has_value();
      return pending->take_place();
    }();
    if (sync_) target->sync_folder();
    return identity;
  });
  co_return Response(was_there ? Status::no_content : Status::created).header("ETag", etag_of(stored));
}

awaitable<Response> Uploads::remove(Request& request, const RelativePath& path) const {
  co_await pool_.run([&] {
    root_.follow_name();
    const UploadTarget target(root_, path, false);
    {
      const UploadTarget::Lock lock(target);
      if (!target.existing()) throw HttpError(Status::not_found);
      target.require_preconditions(request);
      target.remove();
    }
    if (sync_) target.sync_folder();
  });
  co_return Response(Status::no_content);
}

}  // namespace ropeway::handlers
