// Whatever a client asks for in Range and If-Range: what it gets are bytes of the file at the places that the answer names, and no more of
// them in all than the file has.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <ropeway/file_response.hpp>
#include <ropeway/testing/call.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/range.hpp"
#include "core/src/http/request_access.hpp"

namespace {

using namespace ropeway;

constexpr std::string_view etag = "\"a1\"";

void require(bool condition) {
  if (!condition) std::abort();
}

void check_selection(std::string_view value, std::uint64_t size) {
  const http::RangeSelection selection = http::select_ranges(value, size);
  require((selection.kind == http::RangeSelection::Kind::partial) == (selection.count > 0));
  std::uint64_t left = size;
  for (const http::ByteRange& range : selection.ranges()) {
    require(range.length > 0 && range.length <= left && range.first <= size - range.length);
    left -= range.length;
    require(http::ContentRange(range, size).view().size() <= 72);
  }
}

std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t found = text.find(end);
  require(found != std::string_view::npos);
  const std::string_view taken = text.substr(0, found);
  text.remove_prefix(found + end.size());
  return taken;
}

std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  require(error == std::errc() && end == digits.data() + digits.size());
  return value;
}

// Reads "bytes 0-499/1234", and gives what stands there in `content`.
std::string_view named_by(std::string_view range, std::string_view content) {
  require(take_until(range, " ") == "bytes");
  const std::uint64_t first = number(take_until(range, "-"));
  const std::uint64_t last = number(take_until(range, "/"));
  require(number(range) == content.size() && first <= last && last < content.size());
  return content.substr(first, last - first + 1);
}

// What a client makes of multipart/byteranges (RFC 9110 section 14.6); gives the bytes that all parts have together.
std::size_t check_parts(std::string_view body, std::string_view type, std::string_view content) {
  require(take_until(type, "boundary=") == "multipart/byteranges; ");
  const std::string delimiter = "\r\n--" + std::string(type);
  std::size_t total = 0;
  const std::string framed = "\r\n" + std::string(body);
  std::string_view rest = framed;
  require(take_until(rest, delimiter).find_first_not_of("\r\n") == std::string_view::npos);
  while (!rest.starts_with("--")) {
    std::string_view head = take_until(rest, "\r\n\r\n");
    (void)take_until(head, "\r\nContent-Range: ");
    const std::string_view named = named_by(head.substr(0, head.find("\r\n")), content);
    require(rest.starts_with(named));
    rest.remove_prefix(named.size());
    require(rest.starts_with(delimiter));
    rest.remove_prefix(delimiter.size());
    total += named.size();
  }
  return total;
}

void check_response(std::string_view range, std::string_view if_range, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i * 31 + i / 90) % 90);
  const auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view content = *owner;
  http::RequestHead head;
  head.method = Method::get;
  head.raw_path = "/";
  const std::array<HeaderField, 2> fields = {HeaderField{"Range", range}, HeaderField{"If-Range", if_range}};
  head.fields.assign(fields.begin(), fields.end() - (if_range.empty() ? 1 : 0));
  Request request;
  require(RequestAccess::assign(request, head));
  FileDescription description;
  description.size = size;
  description.etag = etag;
  description.media_type = "text/plain";
  Response response = file_response(request, description, nullptr, SharedBytes{owner, content});
  const Status status = response.status();
  const std::string type(response.headers().find("Content-Type").value_or(""));
  const auto content_range = response.headers().find("Content-Range");
  if (status == Status::range_not_satisfiable) {
    require(content_range == "bytes */" + std::to_string(size));
    return;
  }
  require(status == Status::ok || status == Status::partial_content);
  require(if_range.empty() || if_range == etag || status == Status::ok);
  const std::string named(content_range.value_or(""));
  const std::uint64_t announced = response.body().size();
  const std::string body = testing::body_of(std::move(response));
  require(body.size() == announced);
  if (status == Status::ok) {
    require(body == content && named.empty());
  } else if (!named.empty()) {
    require(body == named_by(named, content));
  } else {
    require(check_parts(body, type, content) <= size);
    require(body.size() <= size + (http::RangeSelection::max_ranges + 1) * 300);
  }
}

}  // namespace

// The first byte says what is checked and how large the file is; a line end divides Range from If-Range.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::uint8_t choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view range = text.substr(0, text.find('\n'));
  check_selection(range, choice < 128 ? choice : UINT64_MAX - choice);
  check_selection("bytes=" + std::string(range), choice < 128 ? choice : UINT64_MAX - choice);
  const std::string_view if_range = range.size() < text.size() ? http::trim(text.substr(range.size() + 1)) : std::string_view();
  check_response("bytes=" + std::string(range), if_range, choice * 3U);
  return 0;
}
