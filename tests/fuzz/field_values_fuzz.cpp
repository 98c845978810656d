// What a peer can put into the values of fields: whatever the bytes, the invariants below hold.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <ropeway/content_coding.hpp>

#include "core/src/http/conditional.hpp"
#include "core/src/http/date.hpp"
#include "core/src/http/field_value.hpp"
#include "core/src/http/mime_types_file.hpp"

namespace {

using namespace ropeway;

void require(bool condition) {
  if (!condition) std::abort();
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

void check_codings(std::string_view text) {
  constexpr std::array offered = {ContentCoding::zstd, ContentCoding::br, ContentCoding::gzip};
  const std::string_view half = text.substr(0, text.size() / 2);
  // One field or two, it is one list (RFC 9110 section 5.3).
  const std::array<HeaderField, 2> two = {HeaderField{"Accept-Encoding", half}, HeaderField{"accept-encoding", text.substr(half.size())}};
  const AcceptedCodings codings{HeaderView(two)};
  const ContentCoding best = codings.best_of(offered);
  for (const ContentCoding coding : offered) {
    require(codings.quality(coding) <= 1000);
    require(best == ContentCoding::identity || codings.quality(best) >= codings.quality(coding));
  }
  require(best == ContentCoding::identity || codings.quality(best) > 0);
  if (half.find('"') != std::string_view::npos || text.substr(half.size()).find('"') != std::string_view::npos) return;
  const std::string joined = std::string(half) + "," + std::string(text.substr(half.size()));
  const std::array<HeaderField, 1> one = {HeaderField{"Accept-Encoding", joined}};
  require(AcceptedCodings{HeaderView(one)}.best_of(offered) == best);
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
  switch (data[0] % 6) {
    case 0: check_conditions(text, variant); break;
    case 1: check_date(text); break;
    case 2: check_lists(text); break;
    case 3: check_codings(text); break;
    case 4: check_mime_types(text); break;
    default: check_names(text); break;
  }
  return 0;
}
