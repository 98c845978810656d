#include "core/src/routing/parameters.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <ropeway/url.hpp>

#include "core/src/http/path.hpp"
#include "core/src/http/request_access.hpp"

namespace ropeway::routing {
namespace {

bool has_encoded_slash(std::string_view text) noexcept {
  for (std::size_t at = text.find('%'); at != std::string_view::npos && at + 2 < text.size(); at = text.find('%', at + 1)) {
    if (text[at + 1] == '2' && (text[at + 2] == 'F' || text[at + 2] == 'f')) return true;
  }
  return false;
}

// The path in a form that can be decoded once more without a doubt. In `Request::path` "%2F" may be an encoded slash or what "%252F" was;
// here a percent sign is "%25", and "%2F" is always a slash. Segments are the same in number and order.
std::string unambiguous_path(std::string_view raw) {
  std::string doubled;
  for (std::size_t at = raw.find("%25"); at != std::string_view::npos; at = raw.find("%25")) {
    doubled.append(raw.substr(0, at)).append("%2525");
    raw.remove_prefix(at + 3);
  }
  doubled.append(raw);
  std::string path;
  return http::normalise_path(doubled, path) ? path : std::string();
}

// What stands in `other` where `span` stands in `path`: the same segment, or the same segment and all behind it.
std::string_view counterpart(std::string_view path, Router::Span span, std::string_view other) {
  const auto slashes = std::count(path.begin(), path.begin() + span.begin, '/');
  std::size_t begin = 0;
  for (auto i = slashes; i > 0; --i) begin = other.find('/', begin) + 1;
  const bool to_the_end = span.begin + span.size == path.size();
  return other.substr(begin, to_the_end ? std::string_view::npos : other.find('/', begin) - begin);
}

}  // namespace

void set_parameters(Request& request, const std::vector<std::string>& names, const Router::Found& found) {
  const std::string_view path = request.path();
  std::string unambiguous;  // made only where it is needed
  for (std::uint32_t i = 0; i < found.parameter_count; ++i) {
    std::string_view value = path.substr(found.parameters[i].begin, found.parameters[i].size);
    if (has_encoded_slash(value)) {
      std::string& owned = RequestAccess::own_text(request);
      // Room for every parameter, so that the text does not move below the views into it. Where the request owned text before,
      // whoever filled it left that much room.
      if (owned.empty()) owned.reserve(path.size());
      if (unambiguous.empty()) unambiguous = unambiguous_path(request.raw_path());
      const std::optional<std::string> decoded = percent_decode(counterpart(path, found.parameters[i], unambiguous));
      if (decoded && owned.capacity() - owned.size() >= decoded->size()) {
        const std::size_t begin = owned.size();
        owned += *decoded;
        value = std::string_view(owned).substr(begin);
      }
    }
    RequestAccess::add_param(request, names[i], value);
  }
}

}  // namespace ropeway::routing
