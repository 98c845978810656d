#include "handlers/uploads/resumable_uploads.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <utility>

#include <ropeway/headers.hpp>
#include <ropeway/http_error.hpp>
#include <ropeway/json.hpp>
#include <ropeway/text_value.hpp>
#include <ropeway/url.hpp>

#include "handlers/field_list.hpp"
#include "handlers/uploads/file_steps.hpp"
#include "handlers/uploads/upload_target.hpp"

namespace ropeway::handlers {
namespace {

constexpr const char* media_type = "application/partial-upload";
constexpr const char* allowed_methods = "HEAD, PATCH, DELETE, OPTIONS";
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::uint64_t progress_bytes = 16 * 1024 * 1024;
constexpr std::uint64_t largest_integer = 999'999'999'999'999;  // RFC 9651 §3.3.1

/// The value of a field that is one item (RFC 9651 §3.3), without its parameters; nothing where there is none, or several.
std::optional<std::string_view> item(const Request& request, std::string_view name) {
  if (request.headers().count(name) != 1) return std::nullopt;
  std::string_view value = request.header(name);
  return take_element(value, ';');
}

/// Fields whose values are none are to be ignored.
std::optional<bool> boolean_item(const Request& request, std::string_view name) {
  const auto value = item(request, name);
  if (value == "?1") return true;
  if (value == "?0") return false;
  return std::nullopt;
}

std::optional<std::uint64_t> integer_item(const Request& request, std::string_view name) {
  const auto value = item(request, name);
  return value && value->size() <= 15 ? unsigned_from(*value) : std::nullopt;
}

const char* to_field(bool value) { return value ? "?1" : "?0"; }

/// RFC 9457, with the types that the draft registers.
Response problem(Status status, const std::string& type, const std::string& title, nlohmann::json more = nlohmann::json::object()) {
  more["type"] = "https://iana.org/assignments/http-problem-types#" + type;
  more["title"] = title;
  more["status"] = code(status);
  return Response::json(more).status(status).header("Content-Type", "application/problem+json");
}

Response inconsistent_length() {
  return problem(Status::bad_request, "inconsistent-upload-length", "The lengths that were said of this upload differ.");
}

/// What a request says of the length of the whole: `known` where several differ is nothing that can be.
struct SaidLength {
  std::optional<std::uint64_t> length;
  bool differs = false;
};

SaidLength said_length(const Request& request, bool ends, std::uint64_t offset, std::optional<std::uint64_t> known) {
  SaidLength said{known, false};
  const auto add = [&said](std::uint64_t length) {
    said.differs = said.differs || (said.length && *said.length != length);
    said.length = length;
  };
  if (const auto length = integer_item(request, "Upload-Length")) add(*length);
  if (const auto content = request.content_length(); content && ends) add(offset + *content);
  return said;
}

}  // namespace

Setting ResumableUploads::setting() {
  return Setting::object(
             "resumable", "Uploads that go on where they broke off, for clients that ask for it (`Upload-Complete`).",
             {
                 Setting::duration("keep", "How long one waits for its client. 0: none goes on.")
                     .at_least(0)
                     .at_most(std::chrono::milliseconds(std::chrono::hours(24 * 366)).count())
                     .by_default("\"24h\""),
                 Setting::boolean("interim",
                                  "Tell of the upload, and of how much has come, while the content comes (104). Turn it off "
                                  "behind a proxy that fails at interim responses (nginx before 1.29): clients then learn of it "
                                  "from requests that say `Upload-Complete: ?0`.")
                     .by_default("true"),
                 Setting::integer("uploads", "How many there may be below this root; further ones are taken in one piece.")
                     .at_least(1)
                     .at_most(1'000'000)
                     .by_default("1000"),
             })
      .by_default("{}");
}

ResumableUploads::ResumableUploads(const ConfigNode& options, Services& services, const Root& root, const std::string& root_name,
                                   const Options& how)
    : pool_(services.blocking_pool()), root_(root), how_(how), interim_(options.boolean("interim")) {
  const std::chrono::milliseconds keep = options.duration("keep");
  if (keep.count() == 0) return;
  uploads_ = std::make_shared<const PartialUploads>(
      root, PartialUploads::Options{keep, static_cast<std::uint64_t>(options.integer("uploads")), how.sync});
  limits_ = "max-size=" + std::to_string(std::min(how.max_bytes, largest_integer)) +
            ", max-age=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(keep).count());
  const auto interval = std::clamp<std::chrono::milliseconds>(keep / 4, std::chrono::minutes(1), std::chrono::hours(1));
  services.jobs().every("ropeway.uploads." + std::to_string(std::hash<std::string>()(root_name)), interval,
                        [uploads = uploads_, &pool = pool_]() -> awaitable<void> { co_await pool.run([&uploads] { uploads->sweep(); }); });
}

bool ResumableUploads::begins(const Request& request) const { return uploads_ && boolean_item(request, "Upload-Complete").has_value(); }

std::optional<std::string_view> ResumableUploads::token_in(std::string_view local) const {
  if (local.starts_with('/')) local.remove_prefix(1);
  const std::size_t size = PartialUploads::folder_name.size();
  if (!uploads_ || !local.starts_with(PartialUploads::folder_name) || local.size() <= size || local[size] != '/') return std::nullopt;
  local.remove_prefix(size + 1);
  return PartialUploads::is_token(local) ? std::optional(local) : std::nullopt;
}

void ResumableUploads::announce(Response& response) const {
  if (uploads_) response.header("Accept-Patch", media_type).header("Upload-Limit", limits_);
}

Response ResumableUploads::too_large() const {
  return Response::error(Status::content_too_large, larger_than_stored).header("Upload-Limit", limits_);
}

awaitable<std::optional<Response>> ResumableUploads::begin(Request& request, std::string_view local, const RelativePath& path,
                                                           bool replace) const {
  const bool ends = boolean_item(request, "Upload-Complete").value();
  const SaidLength said = said_length(request, ends, 0, {});
  if (said.differs) co_return inconsistent_length();
  if (said.length.value_or(0) > how_.max_bytes) co_return too_large();
  std::string_view above = request.path();
  if (!above.ends_with(local)) throw std::logic_error("the path of an upload does not end below its root");
  above.remove_suffix(local.size());
  if (above.ends_with('/')) above.remove_suffix(1);

  const bool is_post = request.method() == Method::post;
  const std::unique_ptr<PartialUpload> upload = co_await pool_.run([&] {
    root_.follow_name();
    const UploadTarget target(root_, path, how_.create_folders, [&request] {
      if (!preconditions_met(request, nullptr)) throw HttpError(Status::precondition_failed);
    });
    target.require_preconditions(request);
    const auto found = target.existing();
    if (found && is_post && !replace) throw HttpError(Status::conflict, "A file of that name is there already.");
    UploadState state{std::string(path.view()), said.length, std::nullopt, is_post, false, 0};
    // Conditions that hold for this file hold as long as it is the same.
    const bool is_conditional = request.headers().find("If-Match") || request.headers().find("If-None-Match") ||
                                request.headers().find("If-Unmodified-Since") || (is_post && !replace);
    if (is_conditional) state.replaces = found ? etag_of(*found) : std::string();
    return uploads_->begin(target, std::move(state));
  });
  if (!upload) {
    if (ends && !is_post) co_return std::nullopt;
    throw HttpError(Status::service_unavailable,
                    "as many uploads as may be wait for their clients (resumable.uploads), or the folder is on "
                    "another file system than the root");
  }
  Headers resource;
  resource.add("Location", percent_encode(above, true) + "/" + std::string(PartialUploads::folder_name) + "/" + upload->token());
  resource.add("Upload-Limit", limits_);
  if (interim_ && request.content_length() != 0) co_await request.interim(Status::upload_resumption_supported, resource);
  if (auto refused = co_await receive(request, *upload)) co_return refused;
  if (ends) co_return co_await complete(*upload);
  co_await pool_.run([&] { upload->settle(); });
  Response response(Status::created);
  for (std::size_t i = 0; i < resource.size(); ++i) response.header(resource[i].name, resource[i].value);
  co_return std::move(response).header("Upload-Complete", "?0").header("Upload-Offset", std::to_string(upload->size()));
}

awaitable<Response> ResumableUploads::answer(Request& request, std::string_view token) const {
  const Method method = request.method();
  if (method == Method::head) co_return co_await look(token);
  if (method == Method::patch) co_return co_await append(request, token);
  if (method == Method::delete_) {
    co_await pool_.run([&] { uploads_->take_over(token)->remove(); });
    co_return Response(Status::no_content);
  }
  if (method != Method::options) co_return Response::error(Status::method_not_allowed).header("Allow", allowed_methods);
  Response response = Response(Status::no_content).header("Allow", allowed_methods);
  announce(response);
  co_return response;
}

// Who asks for the offset goes on from there: what another request still brings does not count any more.
awaitable<Response> ResumableUploads::look(std::string_view token) const {
  const auto upload = co_await pool_.run([&] {
    auto found = uploads_->take_over(token);
    found->settle();
    return found;
  });
  Response response = Response(Status::no_content).header("Cache-Control", "no-store").header("Upload-Limit", limits_);
  response.header("Upload-Complete", to_field(upload->state().complete)).header("Upload-Offset", std::to_string(upload->size()));
  const auto length = upload->state().complete ? upload->size() : upload->state().length;
  if (length) response.header("Upload-Length", std::to_string(*length));
  co_return response;
}

awaitable<Response> ResumableUploads::append(Request& request, std::string_view token) const {
  std::string_view type = request.header("Content-Type");
  if (!same_field_name(take_element(type, ';'), media_type))  // types know no case (RFC 9110 §8.3.1)
    co_return Response::error(Status::unsupported_media_type, "What is appended has the type application/partial-upload.")
        .header("Accept-Patch", media_type);
  const auto ends = boolean_item(request, "Upload-Complete");
  const auto offset = integer_item(request, "Upload-Offset");
  if (!ends || !offset) throw HttpError(Status::bad_request, "Upload-Offset and Upload-Complete must say where this part belongs.");
  const auto upload = co_await pool_.run([&] { return uploads_->take_over(token); });
  if (upload->state().complete)
    co_return problem(Status::bad_request, "completed-upload", "The upload is complete.").header("Upload-Complete", "?1");
  if (*offset != upload->size()) {
    co_return problem(Status::conflict, "mismatching-upload-offset", "The upload goes on from another offset.",
                      {{"expected-offset", upload->size()}, {"provided-offset", *offset}})
        .header("Upload-Offset", std::to_string(upload->size()))
        .header("Upload-Complete", "?0");
  }
  const SaidLength said = said_length(request, *ends, *offset, upload->state().length);
  if (said.differs) co_return inconsistent_length().header("Upload-Complete", "?0");
  if (said.length.value_or(0) > how_.max_bytes || *offset + request.content_length().value_or(0) > how_.max_bytes) co_return too_large();
  if (said.length && !upload->state().length) co_await pool_.run([&] { upload->set_length(*said.length); });
  if (auto refused = co_await receive(request, *upload)) co_return std::move(*refused);
  if (*ends) co_return co_await complete(*upload);
  co_await pool_.run([&] { upload->settle(); });
  co_return Response(Status::no_content)
      .header("Upload-Complete", "?0")
      .header("Upload-Offset", std::to_string(upload->size()))
      .header("Upload-Limit", limits_);
}

// Appends the request's content, and what has come of it also where the rest does not come. Gives the answer where it is too long.
awaitable<std::optional<Response>> ResumableUploads::receive(Request& request, PartialUpload& upload) const {
  BodyReader* const reader = request.body_reader();
  if (reader == nullptr) co_return std::nullopt;
  const auto length = upload.state().length;
  std::string pending;
  std::uint64_t told = upload.size();
  for (;;) {
    std::string_view piece;
    std::exception_ptr failure;
    try {
      piece = co_await reader->read();
    } catch (...) { failure = std::current_exception(); }
    const std::uint64_t size = upload.size() + pending.size() + piece.size();
    if (size > std::min(length.value_or(UINT64_MAX), how_.max_bytes)) {
      co_await pool_.run([&] { upload.remove(); });
      co_return size > how_.max_bytes ? too_large() : inconsistent_length();
    }
    pending += piece;
    const bool is_last = failure || piece.empty();
    if (!pending.empty() && (is_last || pending.size() >= piece_bytes)) {
      co_await pool_.run([&] { upload.append(pending); });
      pending.clear();
    }
    if (failure) std::rethrow_exception(failure);
    if (is_last) co_return std::nullopt;
    if (!interim_ || upload.size() - told < std::max(progress_bytes, told / 8)) continue;  // a few, however much it is
    told = upload.size();
    co_await pool_.run([&] { upload.settle(); });
    Headers progress;
    progress.add("Upload-Offset", std::to_string(told));
    co_await request.interim(Status::upload_resumption_supported, progress);
  }
}

awaitable<Response> ResumableUploads::complete(PartialUpload& upload) const {
  bool was_there = false;
  std::string etag;
  std::optional<Response> refused;
  try {
    etag = co_await pool_.run([&] {
      RelativePath path;
      if (!path.assign(upload.state().path, RelativePath::Dotfiles::served)) throw HttpError(Status::not_found);
      const UploadTarget target(root_, path, how_.create_folders);
      return etag_of(upload.complete(target, [&] {
        const auto found = target.existing();
        if (upload.state().replaces && *upload.state().replaces != (found ? etag_of(*found) : std::string()))
          throw HttpError(upload.state().is_post ? Status::conflict : Status::precondition_failed);
        was_there = found.has_value();
      }));
    });
  } catch (const HttpError& error) {
    if (code(error.status()) >= 500) throw;
    refused = Response::error(error.status(), error.what());
  }
  if (!refused)
    co_return Response(was_there ? Status::no_content : Status::created)
        .header("ETag", etag)
        .header("Upload-Complete", "?1")
        .header("Upload-Offset", std::to_string(upload.size()));
  co_await pool_.run([&] { upload.remove(); });
  co_return std::move(*refused).header("Upload-Complete", "?1");
}

}  // namespace ropeway::handlers
