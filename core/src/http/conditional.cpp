#include "core/src/http/conditional.hpp"

#include <algorithm>

#include "core/src/http/date.hpp"
#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

using std::chrono::sys_seconds;

enum class Comparison : std::uint8_t { strong, weak };

bool same_tag(std::string_view left, std::string_view right, Comparison comparison) noexcept {
  return comparison == Comparison::strong ? same_tag_strongly(left, right) : same_tag_weakly(left, right);
}

// Takes the next element off a list of entity tags: a tag with its quotes and "W/", or something that is none. The rules of quoted
// strings do not apply: inside a tag a backslash is a character like any other (RFC 9110 §8.8.3).
std::string_view take_tag(std::string_view& list) noexcept {
  while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
  const std::size_t open = list.starts_with("W/") ? 2 : 0;
  std::size_t size = 0;
  if (open < list.size() && list[open] == '"') {
    const std::size_t close = list.find('"', open + 1);
    size = close == std::string_view::npos ? list.size() : close + 1;
  }
  size = std::min(list.find(',', size), list.size());
  const std::string_view element = trim(list.substr(0, size));
  list.remove_prefix(size);
  return element;
}

// Whether `value`, of If-Match or If-None-Match, names the tag: "*" stands for every one (RFC 9110 §13.1.1, §13.1.2).
bool names_tag(std::string_view value, std::string_view tag, Comparison comparison) noexcept {
  if (trim(value) == "*") return true;
  while (!value.empty()) {
    const std::string_view element = take_tag(value);
    if (!tag.empty() && same_tag(element, tag, comparison)) return true;
  }
  return false;
}

// A field that may stand in a request once. More of them have no meaning that sender and server could agree on.
struct SingleDate {
  std::string_view value;
  unsigned count = 0;
  void add(std::string_view text) noexcept { value = text, ++count; }

  // The century of a year with two digits needs a "now"; the newest time that is known without a clock will do: no server runs before
  // this was written, or before its file was.
  [[nodiscard]] std::optional<sys_seconds> read(sys_seconds modified) const noexcept {
    constexpr sys_seconds written = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
    if (count != 1) return std::nullopt;
    return parse_date(trim(value), std::max(written, modified));
  }
};

constexpr bool is_conditional_name(std::string_view name) noexcept {
  return name.size() >= 8 && (name[0] | 0x20) == 'i' && (name[1] | 0x20) == 'f' && name[2] == '-';
}

}  // namespace

bool same_tag_strongly(std::string_view left, std::string_view right) noexcept { return left == right && !left.starts_with("W/"); }

bool same_tag_weakly(std::string_view left, std::string_view right) noexcept {
  if (left.starts_with("W/")) left.remove_prefix(2);
  if (right.starts_with("W/")) right.remove_prefix(2);
  return left == right;
}

Precondition evaluate_preconditions(Method method, HeaderView fields, const Validators& validators) noexcept {
  bool if_match = false;
  bool matched = false;
  bool if_none_match = false;
  bool none_matched = true;
  SingleDate modified_since;
  SingleDate unmodified_since;
  bool any = false;
  for (const HeaderField& field : fields) {
    if (!is_conditional_name(field.name)) continue;
    any = true;
    if (same_field_name(field.name, "If-None-Match")) {
      if_none_match = true;
      if (names_tag(field.value, validators.etag, Comparison::weak)) none_matched = false;
    } else if (same_field_name(field.name, "If-Modified-Since")) {
      modified_since.add(field.value);
    } else if (same_field_name(field.name, "If-Match")) {
      if_match = true;
      if (names_tag(field.value, validators.etag, Comparison::strong)) matched = true;
    } else if (same_field_name(field.name, "If-Unmodified-Since")) {
      unmodified_since.add(field.value);
    }
  }
  if (!any) return Precondition::met;

  const bool reads = method == Method::get || method == Method::head;
  if (if_match) {  // RFC 9110 §13.2.2 step 1
    if (!matched) return Precondition::failed;
  } else if (unmodified_since.count != 0 && validators.last_modified) {  // step 2
    const auto date = unmodified_since.read(*validators.last_modified);
    if (date && *validators.last_modified > *date) return Precondition::failed;
  }
  if (if_none_match) {  // step 3
    if (!none_matched) return reads ? Precondition::not_modified : Precondition::failed;
  } else if (reads && modified_since.count != 0 && validators.last_modified) {  // step 4
    const auto date = modified_since.read(*validators.last_modified);
    if (date && *validators.last_modified <= *date) return Precondition::not_modified;
  }
  return Precondition::met;
}

bool if_range_allows(HeaderView fields, const Validators& validators) noexcept {
  const std::size_t count = fields.count("If-Range");
  if (count == 0) return true;
  if (count > 1) return false;
  const std::string_view value = trim(*fields.find("If-Range"));
  if (value.starts_with('"') || value.starts_with("W/")) return same_tag_strongly(value, validators.etag);
  // A date must be the same, not just later. Whether it is a strong validator (RFC 9110 §8.8.2.2) depends on when it was sent, which
  // nobody remembers; as everywhere, one that is the same is taken for strong.
  if (!validators.last_modified) return false;
  SingleDate date;
  date.add(value);
  return date.read(*validators.last_modified) == validators.last_modified;
}

}  // namespace ropeway::http
