#include <ropeway/file_response.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include <ropeway/media_type.hpp>

#include "core/src/http/conditional.hpp"
#include "core/src/http/date.hpp"
#include "core/src/http/range.hpp"

namespace ropeway {
namespace {

// Where the bytes of a response come from: shared memory where it has an owner, otherwise a file.
struct Content {
  std::shared_ptr<const OpenFile> file;
  SharedBytes bytes;

  void put(Body& body, http::ByteRange range) {
    if (bytes.owner != nullptr) {
      body.assign(SharedBytes{std::move(bytes.owner), bytes.view.substr(range.first, range.length)});
    } else if (file != nullptr && range.length != 0) {
      body.assign(FileSlice{std::move(file), range.first, range.length});
    }
  }
};

void put_validators(Response& response, const http::Validators& validators) {
  if (!validators.etag.empty()) response.headers().add("ETag", validators.etag);
  if (validators.last_modified) {
    std::array<char, http::date_size> date;
    http::format_date(*validators.last_modified, date);
    response.headers().add("Last-Modified", std::string_view(date.data(), date.size()));
  }
}

// 32 hexadecimal digits from the kernel's random source, so that nobody can write a file that holds the line which separates the parts of
// its own response. Empty where there is no such source.
std::string make_boundary() {
  std::array<unsigned char, 16> random;
  if (::getentropy(random.data(), random.size()) != 0) return {};
  std::string boundary;
  boundary.reserve(random.size() * 2);
  for (const unsigned char byte : random) {
    boundary.push_back("0123456789abcdef"[byte >> 4]);
    boundary.push_back("0123456789abcdef"[byte & 0xf]);
  }
  return boundary;
}

// RFC 9110 §14.6, §15.3.7.2: each part says its type and its place; the response as a whole has no Content-Range.
Body::Parts make_parts(std::span<const http::ByteRange> ranges, std::uint64_t size, std::string_view media_type,
                       const std::string& boundary, const Content& content) {
  auto parts = std::make_shared<std::vector<Body::Part>>();
  parts->reserve(ranges.size() + 1);
  std::string_view line_end;  // in front of each delimiter but the first
  for (const http::ByteRange& range : ranges) {
    Body::Part& part = parts->emplace_back();
    part.text.append(line_end).append("--").append(boundary).append("\r\n");
    if (!media_type.empty()) part.text.append("Content-Type: ").append(media_type).append("\r\n");
    part.text.append("Content-Range: ").append(http::ContentRange(range, size).view()).append("\r\n\r\n");
    if (content.bytes.owner != nullptr) {
      part.text.append(content.bytes.view.substr(range.first, range.length));  // all ranges together are no more than the whole
    } else {
      part.slice = FileSlice{content.file, range.first, range.length};
    }
    line_end = "\r\n";
  }
  parts->emplace_back().text.append("\r\n--").append(boundary).append("--\r\n");
  return parts;
}

http::RangeSelection requested_ranges(const Request& request, const http::Validators& validators, std::uint64_t size) noexcept {
  const HeaderView fields = request.headers();
  if (request.method() != Method::get) return {};  // RFC 9110 §14.2: Range is defined for GET alone
  const auto range = fields.find("Range");
  if (!range || fields.count("Range") != 1 || !http::if_range_allows(fields, validators)) return {};
  return http::select_ranges(*range, size);
}

std::string make_etag(const struct ::stat& status) {
  std::array<char, 64> text;
  char* to = text.data();
  char* const end = text.data() + text.size();
  *to++ = '"';
  to = std::to_chars(to, end, static_cast<std::uint64_t>(status.st_mtim.tv_sec), 16).ptr;
  *to++ = '-';
  to = std::to_chars(to, end, static_cast<std::uint64_t>(status.st_mtim.tv_nsec), 16).ptr;
  *to++ = '-';
  to = std::to_chars(to, end, static_cast<std::uint64_t>(status.st_size), 16).ptr;
  *to++ = '"';
  return {text.data(), to};
}

}  // namespace

Response file_response(const Request& request, const FileDescription& description, std::shared_ptr<const OpenFile> file,
                       SharedBytes bytes) {
  const std::uint64_t size = bytes.owner != nullptr ? bytes.view.size() : file != nullptr ? description.size : 0;
  Content content{std::move(file), std::move(bytes)};
  http::Validators validators{description.etag, std::nullopt};
  if (description.modified != std::chrono::system_clock::time_point()) {
    validators.last_modified = std::chrono::floor<std::chrono::seconds>(description.modified);
  }

  switch (http::evaluate_preconditions(request.method(), request.headers(), validators)) {
    case http::Precondition::failed: return Response::error(Status::precondition_failed);
    case http::Precondition::not_modified: {
      Response response(Status::not_modified);  // RFC 9110 §15.4.5: the validators, and nothing about the content
      put_validators(response, validators);
      return response;
    }
    case http::Precondition::met: break;
  }

  const http::RangeSelection selection = requested_ranges(request, validators, size);
  if (selection.kind == http::RangeSelection::Kind::unsatisfiable) {
    Response response = Response::error(Status::range_not_satisfiable);
    response.headers().add("Content-Range", http::ContentRange(size).view());
    response.headers().add("Accept-Ranges", "bytes");
    return response;
  }

  Response response;
  if (!description.media_type.empty()) response.headers().add("Content-Type", description.media_type);
  put_validators(response, validators);
  response.headers().add("Accept-Ranges", "bytes");
  const auto ranges = selection.ranges();
  if (ranges.size() == 1) {
    response.status(Status::partial_content);
    response.headers().add("Content-Range", http::ContentRange(ranges[0], size).view());
    content.put(response.body(), ranges[0]);
    return response;
  }
  if (ranges.size() > 1) {
    if (const std::string boundary = make_boundary(); !boundary.empty()) {
      response.status(Status::partial_content);
      response.headers().set("Content-Type", "multipart/byteranges; boundary=" + boundary);
      response.body().assign(make_parts(ranges, size, description.media_type, boundary, content));
      return response;
    }
  }
  content.put(response.body(), {0, size});
  return response;
}

Response file_response(const Request& request, const std::string& path) {
  if (path.find('\0') != std::string::npos) return Response::error(Status::not_found);  // the kernel would see another path
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Response::error(Status::not_found);
  auto file = std::make_shared<const OpenFile>(descriptor);
  struct ::stat status;
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return Response::error(Status::not_found);
  const std::string etag = make_etag(status);
  const auto modified = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  FileDescription description;
  description.size = static_cast<std::uint64_t>(status.st_size);
  description.modified = std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(modified));
  description.modified = std::min(description.modified, std::chrono::system_clock::now());  // RFC 9110 §8.8.2.1
  description.etag = etag;
  description.media_type = media_type_for(path);
  return file_response(request, description, std::move(file));
}

bool preconditions_met(const Request& request, const FileDescription* existing) noexcept {
  if (existing == nullptr) return !request.headers().find("If-Match");  // even "*" asks for something that is there (RFC 9110 §13.1.1)
  http::Validators validators{existing->etag, std::nullopt};
  if (existing->modified != std::chrono::system_clock::time_point()) {
    validators.last_modified = std::chrono::floor<std::chrono::seconds>(existing->modified);
  }
  return http::evaluate_preconditions(request.method(), request.headers(), validators) == http::Precondition::met;
}

}  // namespace ropeway
