#include <algorithm>

#include <ropeway/request.hpp>

#include "core/src/http/field_value.hpp"

namespace ropeway {
namespace {

bool same_text(std::string_view left, std::string_view right) noexcept {
  return same_field_name(left, right);  // ASCII without case
}

// "text/html;level=1" in its parts.
struct MediaType {
  std::string_view type;
  std::string_view subtype;
  std::string_view parameters;
};

MediaType media_type_of(std::string_view text) noexcept {
  const std::size_t end = std::min(text.find(';'), text.size());
  const std::string_view name = http::trim(text.substr(0, end));
  const std::size_t slash = std::min(name.find('/'), name.size());
  return {name.substr(0, slash), name.substr(std::min(slash + 1, name.size())), http::trim(text.substr(std::min(end + 1, text.size())))};
}

// How closely a range of `Accept` fits what is offered (RFC 9110 §12.5.1); 0: not at all.
unsigned fit_of_type(const http::WeightedValue& range, std::string_view offered) noexcept {
  const MediaType wanted = media_type_of(range.value);
  const MediaType type = media_type_of(offered);
  if (wanted.type == "*" && wanted.subtype == "*") return 1;
  if (!same_text(wanted.type, type.type)) return 0;
  if (wanted.subtype == "*") return 2;
  if (!same_text(wanted.subtype, type.subtype)) return 0;
  if (range.parameters.empty()) return 3;
  return same_text(range.parameters, type.parameters) ? 4 : 0;
}

// RFC 4647 §3.3.1: a range fits itself, and what begins with it and "-".
unsigned fit_of_language(const http::WeightedValue& range, std::string_view offered) noexcept {
  if (range.value == "*") return 1;
  if (offered.size() < range.value.size() || !same_text(offered.substr(0, range.value.size()), range.value)) return 0;
  const bool whole = offered.size() == range.value.size() || offered[range.value.size()] == '-';
  return whole ? 1 + static_cast<unsigned>(range.value.size()) : 0;
}

template <class Fit>
std::string_view best_of(HeaderView fields, std::string_view name, std::initializer_list<std::string_view> offered, Fit fit) noexcept {
  std::string_view best;
  std::uint16_t best_quality = 0;
  bool said = false;
  for (const std::string_view candidate : offered) {
    unsigned closest = 0;
    std::uint16_t quality = 0;
    for (const HeaderField& field : fields) {
      if (!same_field_name(field.name, name)) continue;
      http::ListReader elements(field.value);
      while (const auto element = elements.next()) {
        const auto range = http::parse_weighted(*element);
        if (!range) continue;
        said = true;
        const unsigned closeness = fit(*range, candidate);
        if (closeness > closest) {
          closest = closeness;
          quality = range->quality;
        }
      }
    }
    if (quality > best_quality) {
      best = candidate;
      best_quality = quality;
    }
  }
  return said || offered.size() == 0 ? best : *offered.begin();
}

}  // namespace

std::string_view Request::accepts(std::initializer_list<std::string_view> offered) const noexcept {
  return best_of(headers(), "accept", offered, fit_of_type);
}

std::string_view Request::accepts_language(std::initializer_list<std::string_view> offered) const noexcept {
  return best_of(headers(), "accept-language", offered, fit_of_language);
}

}  // namespace ropeway
