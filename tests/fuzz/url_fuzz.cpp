// What a peer can put into a target: whatever the bytes, the invariants below hold.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <ropeway/url.hpp>

#include "core/src/http/request_access.hpp"

namespace {

using namespace ropeway;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_path(std::string_view text, http::RepeatedSlashes slashes) {
  http::RequestHead head;
  const std::string raw = "/" + std::string(text);
  head.raw_path = raw;
  Request request;
  const bool valid = RequestAccess::assign(request, head, slashes);
  const std::string_view path = request.path();
  if (!valid) return;
  require(path.starts_with('/'));
  require(path.find("/../") == std::string_view::npos && !path.ends_with("/.."));
  require(path.find("/./") == std::string_view::npos && !path.ends_with("/."));
  require(path.find('\0') == std::string_view::npos);
  require(path.size() <= raw.size());
  require(slashes == http::RepeatedSlashes::keep || path.find("//") == std::string_view::npos);
  // The normal form, encoded, is its own normal form.
  const std::string again = percent_encode(path, true);
  http::RequestHead second_head;
  second_head.raw_path = again;
  Request second;
  require(RequestAccess::assign(second, second_head) && second.path() == path);
}

void check_percent_decoding(std::string_view text) {
  require(percent_decode(percent_encode(text)) == text);
  const auto decoded = percent_decode(text);
  require(!decoded || decoded->size() <= text.size());
  const std::string html = escape_html(text);
  require(html.find_first_of("<>\"'") == std::string::npos);
}

void check_query(std::string_view text) {
  http::RequestHead head;
  head.raw_path = "/";
  head.query = text;
  Request request;
  require(RequestAccess::assign(request, head));
  for (const std::string_view name : {std::string_view("a"), std::string_view(), text.substr(0, text.size() / 2)}) {
    const auto value = request.query(name);
    require(!value || value->size() <= text.size());
  }
}

}  // namespace

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: check_path(text, http::RepeatedSlashes::keep); break;
    case 1: check_path(text, http::RepeatedSlashes::merge); break;
    case 2: check_path(text, http::RepeatedSlashes::refuse); break;
    case 3: check_percent_decoding(text); break;
    default: check_query(text); break;
  }
  return 0;
}
