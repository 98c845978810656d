#include "core/src/http/trailers.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/src/http/field_value.hpp"

namespace ropeway::http {
namespace {

constexpr std::array<std::string_view, 36> only_in_front = {"Transfer-Encoding",
                                                            "Content-Length",
                                                            "Connection",
                                                            "Keep-Alive",
                                                            "TE",
                                                            "Trailer",
                                                            "Upgrade",
                                                            "Host",
                                                            "Max-Forwards",
                                                            "Expect",
                                                            "Range",
                                                            "Pragma",
                                                            "Authorization",
                                                            "WWW-Authenticate",
                                                            "Proxy-Authorization",
                                                            "Proxy-Authenticate",
                                                            "Set-Cookie",
                                                            "Cookie",
                                                            "If-Match",
                                                            "If-None-Match",
                                                            "If-Range",
                                                            "If-Modified-Since",
                                                            "If-Unmodified-Since",
                                                            "Accept-Ranges",
                                                            "Age",
                                                            "Cache-Control",
                                                            "Date",
                                                            "Expires",
                                                            "Location",
                                                            "Retry-After",
                                                            "Vary",
                                                            "Content-Encoding",
                                                            "Content-Type",
                                                            "Content-Range",
                                                            "Content-Language",
                                                            "Allow"};

}  // namespace

bool wants_trailers(HeaderView fields) noexcept {
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "TE")) continue;
    ListReader codings(field.value);
    while (const auto coding = codings.next()) {
      if (equals_ignoring_case(trim(coding->substr(0, coding->find(';'))), "trailers")) return true;
    }
  }
  return false;
}

std::string sendable_trailers(const Headers& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const HeaderField field = fields[i];
    const bool late = std::any_of(only_in_front.begin(), only_in_front.end(),
                                  [&field](std::string_view name) { return same_field_name(name, field.name); });
    if (!late) text.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return text;
}

}  // namespace ropeway::http
