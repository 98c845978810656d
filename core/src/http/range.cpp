#include "core/src/http/range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

// 1*DIGIT; a number that is too large for the type is the largest one, which is beyond every file.
std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return std::nullopt;
  return error == std::errc::result_out_of_range ? UINT64_MAX : number;
}

// Whether one run of digits is a smaller number than another, however long they are.
bool is_less(std::string_view left, std::string_view right) noexcept {
  left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
  right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

enum class Verdict : std::uint8_t { malformed, unsatisfiable, satisfiable };

// One range-spec: "first-last", "first-" or "-length" (RFC 9110 §14.1.2).
Verdict read_range(std::string_view text, std::uint64_t size, ByteRange& range) noexcept {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return Verdict::malformed;
  const std::string_view front = text.substr(0, dash);
  const std::string_view back = text.substr(dash + 1);
  if (front.empty()) {
    const auto suffix = parse_position(back);
    if (!suffix) return Verdict::malformed;
    range.length = std::min(*suffix, size);
    range.first = size - range.length;
    return *suffix == 0 ? Verdict::unsatisfiable : Verdict::satisfiable;
  }
  const auto first = parse_position(front);
  const auto last = back.empty() ? std::optional(UINT64_MAX) : parse_position(back);
  if (!first || !last || (!back.empty() && is_less(back, front))) return Verdict::malformed;
  if (*first >= size) return Verdict::unsatisfiable;
  range.first = *first;
  range.length = std::min(*last, size - 1) - *first + 1;
  return Verdict::satisfiable;
}

}  // namespace

RangeSelection select_ranges(std::string_view value, std::uint64_t size) noexcept {
  constexpr std::string_view unit = "bytes";
  RangeSelection selection;
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(value.substr(0, equals), unit)) return selection;

  std::string_view rest = value.substr(equals + 1);
  std::size_t named = 0;
  std::size_t kept = 0;
  std::uint64_t total = 0;
  bool amplified = false;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view spec = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (spec.empty()) continue;  // RFC 9110 §5.6.1.2: empty elements are skipped
    ByteRange range;
    const Verdict verdict = read_range(spec, size, range);
    if (verdict == Verdict::malformed || ++named > RangeSelection::max_ranges) return selection;
    if (verdict == Verdict::unsatisfiable) continue;
    amplified = amplified || range.length > size - total;
    total += amplified ? 0 : range.length;
    selection.storage[kept++] = range;
  }
  // A suffix of an empty representation is satisfiable, but no 206 can say so (RFC 9110 §14.1.2, §14.4): the whole of nothing is sent.
  if (named == 0 || amplified || (kept != 0 && size == 0)) return selection;
  selection.count = kept;
  selection.kind = kept == 0 ? RangeSelection::Kind::unsatisfiable : RangeSelection::Kind::partial;
  return selection;
}

ContentRange::ContentRange(ByteRange range, std::uint64_t size) noexcept {
  append("bytes ");
  append(range.first);
  append("-");
  append(range.first + range.length - 1);
  append("/");
  append(size);
}

ContentRange::ContentRange(std::uint64_t size) noexcept {
  append("bytes */");
  append(size);
}

void ContentRange::append(std::string_view text) noexcept {
  std::copy(text.begin(), text.end(), text_.data() + size_);
  size_ += text.size();
}

void ContentRange::append(std::uint64_t number) noexcept {
  const auto result = std::to_chars(text_.data() + size_, text_.data() + text_.size(), number);
  size_ = static_cast<std::size_t>(result.ptr - text_.data());
}

}  // namespace ropeway::http
