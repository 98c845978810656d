#include <ropeway/content_coding.hpp>

#include "core/src/http/field_value.hpp"

namespace ropeway {
namespace {

constexpr std::array<std::string_view, 4> names{"identity", "gzip", "br", "zstd"};

}  // namespace

std::string_view to_string(ContentCoding coding) noexcept { return names[static_cast<std::size_t>(coding)]; }

std::optional<ContentCoding> content_coding_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (http::equals_ignoring_case(name, names[i])) return static_cast<ContentCoding>(i);
  }
  if (http::equals_ignoring_case(name, "x-gzip")) return ContentCoding::gzip;
  return std::nullopt;
}

AcceptedCodings::AcceptedCodings(HeaderView fields) noexcept {
  bool present = false;
  std::optional<std::uint16_t> others;  // "*": what is not named
  std::array<bool, names.size()> named{};
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "Accept-Encoding")) continue;
    present = true;
    http::ListReader elements(field.value);
    while (const auto element = elements.next()) {
      const auto weighted = http::parse_weighted(*element);
      if (!weighted || !weighted->parameters.empty()) continue;
      if (weighted->value == "*") {
        others = weighted->quality;
      } else if (const auto coding = content_coding_from(weighted->value)) {
        named[static_cast<std::size_t>(*coding)] = true;
        quality_[static_cast<std::size_t>(*coding)] = weighted->quality;
      }
    }
  }
  if (!present) return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!named[i]) quality_[i] = others.value_or(0);
  }
  if (!named[0] && others != 0) quality_[0] = 1;
}

ContentCoding AcceptedCodings::best_of(std::span<const ContentCoding> offered) const noexcept {
  ContentCoding best = ContentCoding::identity;
  std::uint16_t most = 0;
  for (const ContentCoding coding : offered) {
    if (quality(coding) <= most) continue;
    best = coding;
    most = quality(coding);
  }
  return quality(ContentCoding::identity) > most ? ContentCoding::identity : best;
}

}  // namespace ropeway
