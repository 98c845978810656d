#include "core/src/http/forwarded.hpp"

#include <algorithm>
#include <optional>

#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

// The content of a token or quoted string. Quoted pairs are not needed for what may stand here, so one is malformed.
std::optional<std::string_view> plain_value(std::string_view text) noexcept {
  if (!text.starts_with('"')) return is_token(text) ? std::optional(text) : std::nullopt;
  if (text.size() < 2 || text.back() != '"') return std::nullopt;
  const std::string_view content = text.substr(1, text.size() - 2);
  return content.find_first_of("\"\\") == std::string_view::npos ? std::optional(content) : std::nullopt;
}

bool read_pair(std::string_view pair, ForwardedHop& hop) noexcept {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || !is_token(pair.substr(0, equals))) return false;
  const auto value = plain_value(pair.substr(equals + 1));
  if (!value) return false;
  const std::string_view name = pair.substr(0, equals);
  std::string_view* const member = equals_ignoring_case(name, "for")     ? &hop.node
                                   : equals_ignoring_case(name, "proto") ? &hop.proto
                                   : equals_ignoring_case(name, "host")  ? &hop.host
                                                                         : nullptr;
  if (member == nullptr) return true;  // "by", and what is not known yet
  if (!member->empty()) return false;  // RFC 7239 §4: at most once
  *member = *value;
  return true;
}

// The end of what stands before `separator`, which in a quoted string separates nothing.
std::size_t end_of_part(std::string_view text, char separator) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == separator && !quoted) return i;
  }
  return text.size();
}

// How many elements the fields of that name have together, and the last of them.
struct List {
  std::size_t count = 0;
  std::string_view last;
};

List list_of(HeaderView fields, std::string_view name) noexcept {
  List list;
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, name)) continue;
    ListReader elements(field.value);
    while (const auto element = elements.next()) {
      ++list.count;
      list.last = *element;
    }
  }
  return list;
}

void add_to_hops(HeaderView fields, std::string_view name, std::string_view ForwardedHop::* member, ForwardedChain& chain) noexcept {
  const List list = list_of(fields, name);
  if (list.count == 0) return;
  if (list.count != chain.count || chain.dropped > 0) {
    for (std::size_t i = 0; i < chain.count; ++i) chain.hops[i].*member = list.last;
    return;
  }
  std::size_t i = 0;
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, name)) continue;
    ListReader elements(field.value);
    while (const auto element = elements.next()) chain.hops[i++].*member = *element;
  }
}

}  // namespace

ForwardedHop& ForwardedChain::add() noexcept {
  if (count == most_hops) {
    std::move(hops.begin() + 1, hops.end(), hops.begin());
    --count;
    ++dropped;
  }
  return hops[count++] = {};
}

bool read_forwarded(HeaderView fields, ForwardedChain& chain) noexcept {
  chain.count = chain.dropped = 0;
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "forwarded")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = end_of_part(rest, ',');
      std::string_view element = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (element.empty()) continue;
      ForwardedHop& hop = chain.add();
      while (!element.empty()) {
        const std::size_t pair_end = end_of_part(element, ';');
        const std::string_view pair = trim(element.substr(0, pair_end));
        element.remove_prefix(std::min(pair_end + 1, element.size()));
        if (!pair.empty() && !read_pair(pair, hop)) return false;
      }
    }
  }
  return true;
}

void read_x_forwarded(HeaderView fields, ForwardedChain& chain) noexcept {
  chain.count = chain.dropped = 0;
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "x-forwarded-for")) continue;
    // Not by ListReader: there are no quoted strings here, and a quote that a client has sent must not swallow what proxies have added.
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view element = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!element.empty()) chain.add().node = element;
    }
  }
  add_to_hops(fields, "x-forwarded-proto", &ForwardedHop::proto, chain);
  add_to_hops(fields, "x-forwarded-host", &ForwardedHop::host, chain);
  add_to_hops(fields, "x-forwarded-port", &ForwardedHop::port, chain);
}

}  // namespace ropeway::http
