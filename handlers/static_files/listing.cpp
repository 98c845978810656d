#include "handlers/static_files/listing.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "handlers/field_list.hpp"
#include "handlers/static_files/shown_text.hpp"
#include "handlers/vary.hpp"

namespace ropeway::handlers {
namespace {

/// How much `accept` wants a type: the quality of the first of `ranges` (the most specific first) that it names; 0 without any.
[[nodiscard]] double quality(std::string_view accept, const std::array<std::string_view, 3>& ranges) noexcept {
  double found = 0;
  std::size_t best = ranges.size();
  while (!accept.empty()) {
    std::string_view parameters = take_element(accept);
    const std::string_view range = take_element(parameters, ';');
    const auto position = std::find_if(ranges.begin(), ranges.end(), [range](auto wanted) { return same_field_name(wanted, range); });
    const auto rank = static_cast<std::size_t>(position - ranges.begin());
    if (rank >= best) continue;
    best = rank;
    found = 1;
    while (!parameters.empty()) {
      const std::string_view parameter = take_element(parameters, ';');
      if (parameter.size() < 3 || !same_field_name(parameter.substr(0, 2), "q=")) continue;
      if (std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), found).ec != std::errc()) found = 0;
    }
  }
  return found;
}

}  // namespace

Response listing_response(const Request& request, FolderListing folder) {
  const SortOrder order = SortOrder::from(request.query("sort").value_or(""), request.query("order").value_or(""));
  sort_entries(folder.entries, order);
  Response response = prefers_json(request.header("Accept")) ? Response::json(listing_json(request.path(), folder))
                                                             : Response::html(listing_html(request.path(), folder.path, folder, order));
  add_vary(response.headers(), "Accept");
  response.headers().add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'");
  return response;
}

std::string listing_json(std::string_view path, const FolderListing& folder) {
  std::string json = "{\"path\":" + json_string(path) + ",\"entries\":[";
  bool first = true;
  for (const FolderEntry& entry : folder.entries) {
    json.append(first ? "\n" : ",\n").append("{\"name\":").append(json_string(entry.name));
    json.append(entry.is_folder ? ",\"type\":\"folder\",\"size\":null" : ",\"type\":\"file\",\"size\":" + std::to_string(entry.size));
    json.append(",\"modified\":\"").append(iso_time(entry.modified)).append("\"}");
    first = false;
  }
  return json.append(folder.is_cut ? "\n],\"truncated\":true}\n" : "\n],\"truncated\":false}\n");
}

bool prefers_json(std::string_view accept) noexcept {
  return quality(accept, {"application/json", "application/*", "*/*"}) > quality(accept, {"text/html", "text/*", "*/*"});
}

}  // namespace ropeway::handlers
