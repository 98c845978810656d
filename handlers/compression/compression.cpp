#include "handlers/compression/compression.hpp"

#include <algorithm>
#include <utility>

#include "handlers/compression/encoded_stream.hpp"
#include "handlers/field_list.hpp"
#include "handlers/places.hpp"
#include "handlers/vary.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::size_t longest_inline = 16 * 1024;  // compressed where it is, in a fraction of a millisecond

// Whether a directive of `Cache-Control` is "no-transform" (RFC 9111 §5.2.2.6).
[[nodiscard]] bool forbids_transformation(const Headers& headers) noexcept {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!same_field_name(headers[i].name, "Cache-Control")) continue;
    std::string_view rest = headers[i].value;
    while (!rest.empty()) {
      if (same_field_name(take_element(rest), "no-transform")) return true;
    }
  }
  return false;
}

void weaken_etag(Headers& headers) {
  if (const auto etag = headers.find("ETag"); etag && etag->starts_with('"')) headers.set("ETag", "W/" + std::string(*etag));
}

}  // namespace

Settings Compression::settings() {
  const auto level = [](ContentCoding coding, const char* standard) {
    const EncoderLevels levels = encoder_levels(coding);
    return Setting::integer(std::string(to_string(coding)), "From fast to small.")
        .at_least(levels.lowest)
        .at_most(levels.highest)
        .by_default(standard);
  };
  return {
      Setting::list("codings", "What is offered; among those that a client wants equally, the first.",
                    Setting::string("coding", "A content coding.").one_of({"zstd", "br", "gzip"}))
          .by_default(R"(["zstd", "br", "gzip"])"),
      Setting::object("levels", "How hard each coding tries.",
                      {level(ContentCoding::zstd, "1"), level(ContentCoding::br, "4"), level(ContentCoding::gzip, "6")})
          .by_default("{}"),
      Setting::list("types", "Media types that are worth it; \"text/*\" is all of text.", Setting::string("type", "A media type."))
          .by_default(R"(["text/*", "application/json", "application/javascript", "application/xml", "application/wasm", )"
                      R"("application/manifest+json", "application/ld+json", "application/rss+xml", "application/atom+xml", )"
                      R"("application/xhtml+xml", "image/svg+xml", "font/ttf", "font/otf"])"),
      Setting::size("min_bytes", "Shorter content is left as it is.").by_default("\"1k\""),
      Setting::integer("streams", "How many files and streams are compressed at once in each worker; further ones go out as they are.")
          .at_least(0)
          .at_most(100'000)
          .by_default("64"),
  };
}

Compression::Compression(const ConfigNode& options, Services& services)
    : pool_(services.blocking_pool()), levels_{}, min_bytes_(options.size("min_bytes")), places_(options.integer("streams")) {
  for (const std::string& name : options.strings("codings")) codings_.push_back(*content_coding_from(name));
  const ConfigNode levels = options.object("levels");
  for (const ContentCoding coding : {ContentCoding::zstd, ContentCoding::br, ContentCoding::gzip}) {
    levels_[static_cast<std::size_t>(coding)] = static_cast<int>(levels.integer(to_string(coding)));
  }
  MistakeCollector mistakes;
  for (const std::string& type : options.strings("types")) {
    mistakes.collect([&] {
      std::string name(trimmed(type));
      const std::size_t slash = name.find('/');
      if (slash == 0 || slash == std::string::npos || name.find('*') < slash || slash + 1 == name.size() ||
          name.find_first_of("; ,") != std::string::npos) {
        throw options.error("types", "\"" + type + "\" is no media type: write \"text/html\", or \"text/*\" for all of a kind");
      }
      if (name.ends_with("/*")) name.pop_back();
      types_.push_back(std::move(name));
    });
  }
  mistakes.throw_if_any();
}

bool Compression::is_listed(std::string_view media_type) const noexcept {
  const std::string_view name = trimmed(media_type.substr(0, media_type.find(';')));
  return std::any_of(types_.begin(), types_.end(), [name](const std::string& type) {
    return same_field_name(type.ends_with('/') ? name.substr(0, type.size()) : name, type);  // types have no case, as names of fields
  });
}

bool Compression::suits(const Response& response) const noexcept {
  const Headers& headers = response.headers();
  const Body& body = response.body();
  if (is_bodiless(response.status()) || response.status() == Status::partial_content) return false;
  if (body.empty() || body.size() < min_bytes_) return false;
  if (body.parts() != nullptr || headers.contains("Content-Encoding") || headers.contains("Content-Range")) return false;
  return is_listed(headers.find("Content-Type").value_or("")) && !forbids_transformation(headers);
}

std::unique_ptr<ContentEncoder> Compression::encoder(ContentCoding coding) const {
  return make_encoder(coding, levels_[static_cast<std::size_t>(coding)]);
}

awaitable<Response> Compression::handle(Request& request, Next next) const {
  Response response = co_await next(request);
  const bool unchanged = response.status() == Status::not_modified;
  if (!unchanged && !suits(response)) {
    // RFC 9110 §15.3.7: a part says what the whole would have said. Of a refused condition it is not known what the whole would have been.
    const bool is_part = response.status() == Status::partial_content || response.status() == Status::precondition_failed;
    if (is_part) add_vary(response.headers(), "Accept-Encoding");
    co_return response;
  }
  add_vary(response.headers(), "Accept-Encoding");
  const ContentCoding coding = AcceptedCodings(request.headers()).best_of(codings_);
  if (coding == ContentCoding::identity) co_return response;
  if (unchanged) {  // RFC 9110 §15.4.5: the tag that the compressed one has
    weaken_etag(response.headers());
    co_return response;
  }
  const Body& body = response.body();
  const bool in_memory = body.file() == nullptr && !body.is_stream();
  bool encoded = false;
  if (in_memory) {
    encoded = co_await encode_in_memory(response, coding);
  } else {
    encoded = encode_while_sent(response, coding);
  }
  if (!encoded) co_return response;
  Headers& headers = response.headers();
  headers.add("Content-Encoding", to_string(coding));
  weaken_etag(headers);
  // Whoever goes on later with a range of what ranges can be had of would get bytes of the content as it was: with If-Range the tag, which is
  // weak, prevents that (RFC 9110 §13.1.5), but a date would not.
  if (headers.contains("Accept-Ranges")) headers.remove("Last-Modified");
  for (const char* about_the_bytes : {"Accept-Ranges", "Content-Digest", "Repr-Digest"})
    headers.remove(about_the_bytes);  // RFC 9530 §2, §3
  co_return response;
}

// Says false, and changes nothing, where the content does not become shorter.
awaitable<bool> Compression::encode_in_memory(Response& response, ContentCoding coding) const {
  const std::string_view content = response.body().text();
  std::string encoded;
  const auto encode = [this, coding, content, &encoded] {
    const auto encoder = this->encoder(coding);
    encoder->encode(content, encoded);
    encoder->finish(encoded);
  };
  if (content.size() <= longest_inline) {
    encode();
  } else {
    co_await run_on(pool_, encode);
  }
  if (encoded.size() >= content.size()) co_return false;
  response.body().assign(std::move(encoded));
  co_return true;
}

// Says false where as many as may be are being compressed already.
bool Compression::encode_while_sent(Response& response, ContentCoding coding) const {
  std::shared_ptr<const void> place = places_.take();
  if (place == nullptr) return false;
  Body& body = response.body();
  if (const FileSlice* file = body.file()) {
    body.assign(encoded_file(*file, encoder(coding), pool_, std::move(place)));
  } else {
    body.assign(encoded_stream(std::move(*body.stream()), encoder(coding), std::move(place)));
  }
  return true;
}

}  // namespace ropeway::handlers
