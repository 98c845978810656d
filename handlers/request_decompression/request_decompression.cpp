#include "handlers/request_decompression/request_decompression.hpp"

#include <algorithm>
#include <optional>

#include "handlers/field_list.hpp"
#include "handlers/request_decompression/decoded_content.hpp"

namespace ropeway::handlers {
namespace {

/// What is to be taken off the content: one coding, none (`identity`), or nothing where that cannot be done here.
[[nodiscard]] std::optional<ContentCoding> coding_of(const Request& request) noexcept {
  ContentCoding found = ContentCoding::identity;
  for (const HeaderField& field : request.headers()) {
    if (!same_field_name(field.name, "Content-Encoding")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view name = take_element(rest);
      if (name.empty()) continue;
      const auto coding = content_coding_from(name);
      if (!coding) return std::nullopt;
      if (*coding == ContentCoding::identity) continue;
      if (found != ContentCoding::identity) return std::nullopt;
      found = *coding;
    }
  }
  return found;
}

}  // namespace

Settings RequestDecompression::settings() {
  return {
      Setting::list("codings", "What is decoded; other codings are refused with status 415.",
                    Setting::string("coding", "A content coding.").one_of({"gzip", "br", "zstd"}))
          .by_default(R"(["gzip", "br", "zstd"])"),
      Setting::size("body_bytes",
                    "A request's content once it is decoded; past it, status 413. `limits.body_bytes` bounds it as it is sent.")
          .by_default("\"16M\""),
      Setting::integer("streams",
                       "How many requests' content is decoded at once in each worker; further ones are answered with status 503.")
          .at_least(1)
          .at_most(100'000)
          .by_default("32"),
  };
}

RequestDecompression::RequestDecompression(const ConfigNode& options)
    : body_bytes_(options.size("body_bytes")), places_(options.integer("streams")) {
  for (const std::string& name : options.strings("codings")) {
    codings_.push_back(*content_coding_from(name));
    names_.append(names_.empty() ? "" : ", ").append(name);
  }
  if (names_.empty()) names_ = "identity";
}

awaitable<Response> RequestDecompression::handle(Request& request, Next next) const {
  if (request.body_reader() == nullptr && request.body().empty()) co_return co_await next(request);
  const std::optional<ContentCoding> coding = coding_of(request);
  if (coding == ContentCoding::identity) co_return co_await next(request);
  if (!coding || std::find(codings_.begin(), codings_.end(), *coding) == codings_.end()) {
    Response response = Response::error(Status::unsupported_media_type, "The request's content is in a coding that is not decoded here.");
    co_return std::move(response).header("Accept-Encoding", names_);
  }
  // The offsets of an upload that may go on count the bytes as they are sent, and its parts cannot be decoded one by one.
  if (request.headers().find("Upload-Complete")) {
    Response response =
        Response::error(Status::unsupported_media_type, "An upload that may go on is not decoded; send it without a coding.");
    co_return std::move(response).header("Accept-Encoding", "identity");
  }
  co_return co_await next.with_content(request, decoded_content(request, *coding, body_bytes_, places_));
}

}  // namespace ropeway::handlers
