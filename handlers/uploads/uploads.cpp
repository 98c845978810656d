#include "handlers/uploads/uploads.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <ropeway/json_document.hpp>

#include <ropeway/http_error.hpp>
#include <ropeway/multipart.hpp>

#include "handlers/field_list.hpp"
#include "handlers/root_option.hpp"
#include "handlers/uploads/file_steps.hpp"
#include "handlers/uploads/upload_target.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t enough_to_write = 256 * 1024;
constexpr const char* allowed = "PUT, POST, DELETE, OPTIONS";

bool is_form(const Request& request) {
  std::string_view type = request.header("Content-Type");
  return same_field_name(take_element(type, ';'), "multipart/form-data");
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
}

HttpError stored_too_large() { return {Status::content_too_large, larger_than_stored}; }

/// A file on its way to the disk, written on the pool in large pieces.
class Incoming {
 public:
  Incoming(BlockingPool& pool, std::uint64_t most) : pool_(pool), most_(most) {}

  awaitable<void> add(std::string_view data) {
    size_ += data.size();
    if (size_ > most_) throw stored_too_large();
    piece_ += data;
    if (piece_.size() < enough_to_write) co_return;
    co_await pool_.run([this] { pending->write(piece_); });
    piece_.clear();
  }

  /// Writes the rest; the name comes later.
  awaitable<void> end(bool sync) {
    co_await pool_.run([this, sync] {
      pending->write(piece_);
      if (sync) pending->sync();
      pending->close();
    });
    piece_ = {};
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Writes the rest and gives the file its name, if `may` does not throw: both as one step.
  template <class May>
  awaitable<FileIdentity> finish(bool sync, May may) {
    co_return co_await pool_.run([&] {
      pending->write(piece_);
      if (sync) pending->sync();
      const FileIdentity identity = [&] {
        const FileLock lock(target->folder());
        may();
        return pending->take_place();
      }();
      if (sync) target->sync_folder();
      return identity;
    });
  }

  std::optional<UploadTarget> target;
  std::optional<PendingUpload> pending;

 private:
  BlockingPool& pool_;
  std::uint64_t most_;
  std::uint64_t size_ = 0;
  std::string piece_;
};

}  // namespace

Settings Uploads::settings() {
  return {
      Setting::path("root", "The folder below which files are stored.").at_least(1).required(),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
      Setting::boolean("create_folders", "Make the folders of a path that are missing.").by_default("true"),
      Setting::boolean("dotfiles", "Take names that begin with a dot.").by_default("false"),
      Setting::boolean("sync", "Answer only when the file is on the disk (fsync), so that a loss of power cannot take it back.")
          .by_default("true"),
      Setting::boolean("replace",
                       "Let a form (POST) replace files that are there. PUT does so anyway, unless its conditions say otherwise.")
          .by_default("false"),
      Setting::size("max_bytes", "The largest file; past it, status 413. `limits.body_bytes` bounds it as well.").by_default("\"1T\""),
      ResumableUploads::setting(),
  };
}

Uploads::Uploads(const ConfigNode& options, Services& services)
    : pool_(services.blocking_pool()),
      prefix_(prefix_from(options)),
      root_(open_root(options, options.path("root"), Root::Links::confined)),
      dotfiles_(options.boolean("dotfiles") ? RelativePath::Dotfiles::served : RelativePath::Dotfiles::hidden),
      create_folders_(options.boolean("create_folders")),
      sync_(options.boolean("sync")),
      replace_(options.boolean("replace")),
      max_bytes_(options.size("max_bytes")),
      resumable_(options.object("resumable"), services, root_, options.path("root"), {max_bytes_, create_folders_, sync_}) {}

awaitable<Response> Uploads::handle(Request& request) const {
  const Method method = request.method();
  const auto local = local_path(request, prefix_);
  if (const auto token = local ? resumable_.token_in(*local) : std::nullopt) co_return co_await resumable_.answer(request, *token);
  if (method == Method::options) {
    Response response = Response(Status::no_content).header("Allow", allowed);
    resumable_.announce(response);
    co_return response;
  }
  if (method != Method::put && method != Method::post && method != Method::delete_) {
    const bool known = method != Method::other;
    co_return known ? Response::error(Status::method_not_allowed).header("Allow", allowed) : Response::error(Status::not_implemented);
  }
  RelativePath path;
  if (!local || !path.assign(*local, dotfiles_)) co_return Response::error(Status::not_found);
  const bool may_go_on = method != Method::delete_ && resumable_.begins(request) && !is_form(request);
  if (method == Method::post && !may_go_on) co_return co_await post(request, path);
  if (path.is_root() || local->ends_with('/')) co_return Response::error(Status::conflict, "The path names a folder; name a file.");
  if (method == Method::delete_) co_return co_await remove(request, path);
  // RFC 9110 §14.5: a server that stores no parts must not take a part for the whole.
  if (request.headers().find("Content-Range"))
    co_return Response::error(Status::bad_request, "A part of a file cannot be stored; send all of it.");
  if (has_control_character(path.view())) co_return Response::error(Status::bad_request, "A name in the path holds a control character.");
  if (may_go_on) {
    if (auto response = co_await resumable_.begin(request, *local, path, replace_)) co_return std::move(*response);
  }
  co_return co_await put(request, path);
}

awaitable<Response> Uploads::put(Request& request, const RelativePath& path) const {
  if (request.content_length().value_or(0) > max_bytes_) throw stored_too_large();
  Incoming file(pool_, max_bytes_);
  co_await pool_.run([&] {
    root_.follow_name();
    // Conditions that do not hold must not leave folders behind (RFC 9110 §13.2.1).
    file.target.emplace(root_, path, create_folders_, [&request] {
      if (!preconditions_met(request, nullptr)) throw HttpError(Status::precondition_failed);
    });
    file.target->require_preconditions(request);
    file.pending.emplace(*file.target);
  });
  if (BodyReader* const reader = request.body_reader()) {
    for (std::string_view piece = co_await reader->read(); !piece.empty(); piece = co_await reader->read()) co_await file.add(piece);
  }
  bool was_there = false;
  const FileIdentity stored = co_await file.finish(sync_, [&] {
    file.target->require_preconditions(request);
    was_there = file.target->existing().has_value();
  });
  co_return Response(was_there ? Status::no_content : Status::created).header("ETag", etag_of(stored));
}

awaitable<Response> Uploads::post(Request& request, const RelativePath& folder) const {
  FormReader form(request);
  std::vector<std::unique_ptr<Incoming>> files;  // none has its name before the form has come to its end
  std::optional<UploadTarget> first;
  while (const auto part = co_await form.next()) {
    if (!part->filename || part->filename->empty()) continue;                                  // a field, or a form without a file chosen
    const std::string name = part->filename->substr(part->filename->find_last_of("/\\") + 1);  // npos + 1 is 0
    RelativePath path = folder;
    RelativePath checked;
    if (!checked.assign(name, dotfiles_) || checked.is_root() || !path.push(name)) {
      throw HttpError(Status::bad_request, "A file's name cannot be used here.");
    }
    const bool is_there = std::any_of(files.begin(), files.end(), [&name](const auto& file) { return file->target->name() == name; });
    if (is_there) throw HttpError(Status::conflict, "Two files of the form have the same name.");
    Incoming& file = *files.emplace_back(std::make_unique<Incoming>(pool_, max_bytes_));
    co_await pool_.run([&] {
      if (!first) {
        root_.follow_name();
        first.emplace(root_, path, create_folders_);
      }
      file.target.emplace(first->beside(name));
      require_free(*file.target);
      file.pending.emplace(*file.target);
    });
    for (std::string_view piece = co_await form.read(); !piece.empty(); piece = co_await form.read()) co_await file.add(piece);
    co_await file.end(sync_);
  }
  if (files.empty()) throw HttpError(Status::bad_request, "The form has no file.");
  co_await pool_.run([&] {
    {
      const FileLock lock(first->folder());
      for (const auto& file : files) require_free(*file->target);
      for (const auto& file : files) (void)file->pending->take_place();
    }
    if (sync_) first->sync_folder();
  });
  nlohmann::json stored = nlohmann::json::array();
  for (const auto& file : files) stored.push_back({{"name", file->target->name()}, {"size", file->size()}});
  const nlohmann::json answer = {{"files", std::move(stored)}};
  co_return Response::json(answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n").status(Status::created);
}

void Uploads::require_free(const UploadTarget& target) const {
  if (target.existing() && !replace_) throw HttpError(Status::conflict, "A file of that name is there already.");
}

awaitable<Response> Uploads::remove(Request& request, const RelativePath& path) const {
  co_await pool_.run([&] {
    root_.follow_name();
    const UploadTarget target(root_, path, false);
    {
      const FileLock lock(target.folder());
      if (!target.existing()) throw HttpError(Status::not_found);
      target.require_preconditions(request);
      target.remove();
    }
    if (sync_) target.sync_folder();
  });
  co_return Response(Status::no_content);
}

}  // namespace ropeway::handlers
