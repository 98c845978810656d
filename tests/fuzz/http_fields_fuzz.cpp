// What a peer can put into a target and into conditional and range fields: whatever the bytes, the invariants below hold.
// Build: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined; run for a minute or more.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <ropeway/url.hpp>

#include "core/src/http/conditional.hpp"
#include "core/src/http/date.hpp"
#include "core/src/http/field_value.hpp"
#include "core/src/http/mime_types_file.hpp"
#include "core/src/http/range.hpp"
#include "core/src/http/request_access.hpp"

namespace {

using namespace ropeway;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_path(std::string_view text) {
  http::RequestHead head;
  const std::string raw = "/" + std::string(text);
  head.raw_path = raw;
  Request request;
  const bool valid = RequestAccess::assign(request, head);
  const std::string_view path = request.path();
  if (!valid) return;
  require(path.starts_with('/'));
  require(path.find("/../") == std::string_view::npos && !path.ends_with("/.."));
  require(path.find("/./") == std::string_view::npos && !path.ends_with("/."));
  require(path.find('\0') == std::string_view::npos);
  require(path.size() <= raw.size());
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

void check_range(std::string_view text, std::uint64_t size) {
  for (const std::string& value : {std::string(text), "bytes=" + std::string(text)}) {
    const http::RangeSelection selection = http::select_ranges(value, size);
    require((selection.kind == http::RangeSelection::Kind::partial) == (selection.count > 0));
    std::uint64_t left = size;
    for (const http::ByteRange& range : selection.ranges()) {
      require(range.length > 0 && range.length <= left && range.first <= size - range.length);
      left -= range.length;
      require(http::ContentRange(range, size).view().size() <= 72);
    }
  }
}

void check_conditions(std::string_view text, std::uint8_t choice) {
  constexpr std::string_view names[] = {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"};
  const std::string_view half = text.substr(0, text.size() / 2);
  const std::array<HeaderField, 2> fields = {HeaderField{names[choice % 5], half},
                                             HeaderField{names[choice / 5 % 5], text.substr(half.size())}};
  const http::Validators validators{"\"a\"", std::chrono::sys_seconds(std::chrono::seconds(784'111'777))};
  const auto get = http::evaluate_preconditions(Method::get, HeaderView(fields), validators);
  const auto put = http::evaluate_preconditions(Method::put, HeaderView(fields), validators);
  require(put != http::Precondition::not_modified);
  require(get != http::Precondition::failed || put == http::Precondition::failed);
  (void)http::if_range_allows(HeaderView(fields), validators);
}

void check_date(std::string_view text) {
  const std::chrono::sys_seconds now(std::chrono::seconds(1'790'000'000));
  const auto time = http::parse_date(text, now);
  if (!time) return;
  std::array<char, http::date_size> written;
  http::format_date(*time, written);
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*time)).year();
  if (year <= std::chrono::year(9999)) require(http::parse_date({written.data(), written.size()}, now) == time);
}

void check_lists(std::string_view text) {
  http::ListReader reader(text);
  std::size_t total = 0;
  while (const auto element = reader.next()) {
    require(!element->empty());
    total += element->size();
    if (const auto weighted = http::parse_weighted(*element)) require(!weighted->value.empty() && weighted->quality <= 1000);
  }
  require(total <= text.size());
}

void check_mime_types(std::string_view text) {
  for (const auto& [extension, type] : http::parse_mime_types(text)) require(!extension.empty() && http::is_field_value(type));
}

void check_names(std::string_view text) {
  const std::string_view left = text.substr(0, text.size() / 2);
  const std::string_view right = text.substr(left.size(), left.size());
  const auto fold = [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; };
  bool same = true;
  for (std::size_t i = 0; i < left.size(); ++i) same = same && fold(left[i]) == fold(right[i]);
  require(same_field_name(left, right) == same);
  require(same_field_name(text, text));
}

}  // namespace

// The first byte says what the rest is, and the second one varies it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint8_t variant = data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  switch (data[0] % 9) {
    case 0: check_path(text); break;
    case 1: check_percent_decoding(text); break;
    case 2: check_query(text); break;
    case 3: check_range(text, variant < 128 ? variant : UINT64_MAX - variant); break;
    case 4: check_conditions(text, variant); break;
    case 5: check_date(text); break;
    case 6: check_lists(text); break;
    case 7: check_mime_types(text); break;
    default: check_names(text); break;
  }
  return 0;
}
