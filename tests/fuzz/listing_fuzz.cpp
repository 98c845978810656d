// Whatever the names in a folder are: the page's elements and attributes are those of a folder with harmless names, its links lead to the
// names, and the JSON is valid and says the same.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <ropeway/json_document.hpp>
#include <ropeway/url.hpp>

#include "handlers/static_files/listing.hpp"
#include "handlers/static_files/shown_text.hpp"

namespace {

using namespace ropeway;
using namespace ropeway::handlers;

void require(bool condition) {
  if (!condition) std::abort();
}

// The tags of a page, without the values of href, and the values of href.
struct Page {
  std::string tags;
  std::vector<std::string> links;
};

Page read_page(std::string_view html) {
  Page page;
  while (true) {
    const std::size_t begin = html.find('<');
    if (begin == std::string_view::npos) return page;
    require(html.substr(0, begin).find('>') == std::string_view::npos || page.tags.ends_with("<style>"));
    html.remove_prefix(begin);
    const std::size_t end = html.find('>');
    require(end != std::string_view::npos);
    std::string tag(html.substr(0, end + 1));
    html.remove_prefix(end + 1);
    if (const std::size_t value = tag.find(" href=\""); value != std::string::npos) {
      const std::size_t quote = tag.find('"', value + 7);
      require(quote != std::string::npos);
      page.links.push_back(tag.substr(value + 7, quote - value - 7));
      tag.erase(value + 7, quote - value - 7);
    }
    page.tags += tag;
  }
}

}  // namespace

// The names, one in a line; one that ends in "/" is a folder's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  FolderListing folder;
  while (!rest.empty() && folder.entries.size() < 50) {
    std::string_view name = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    FolderEntry entry;
    entry.is_folder = name.ends_with('/');
    entry.name = name.substr(0, name.find('/'));
    entry.size = entry.is_folder ? 0 : entry.name.size();
    entry.modified = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));
    if (!entry.name.empty()) folder.entries.push_back(std::move(entry));
  }
  const SortOrder order = SortOrder::from("name", folder.entries.size() % 2 == 0 ? "asc" : "desc");
  sort_entries(folder.entries, order);
  for (std::size_t i = 0; i + 1 < folder.entries.size(); ++i) {
    const FolderEntry& left = folder.entries[i];
    const FolderEntry& right = folder.entries[i + 1];
    require(left.is_folder || !right.is_folder);
    require(!reads_before(left.name, left.name));
    require(!(reads_before(left.name, right.name) && reads_before(right.name, left.name)));
  }

  const std::string below = folder.entries.empty() ? std::string() : folder.entries.front().name;
  FolderListing harmless = folder;
  for (FolderEntry& entry : harmless.entries) entry.name = "name";
  const auto path_of = [](std::string_view name) { return name.empty() ? std::string("/") : "/" + std::string(name) + "/"; };
  const std::string html = listing_html(path_of(below), below, folder, order);
  const Page page = read_page(html);
  const Page expected = read_page(listing_html(path_of(below.empty() ? "" : "name"), below.empty() ? "" : "name", harmless, order));
  require(page.tags == expected.tags && page.links.size() == expected.links.size());
  require(valid_utf8(html) == html);
  std::size_t row = 0;
  for (std::size_t i = 0; i < page.links.size(); ++i) {
    const bool is_entry = expected.links[i] == "name" || expected.links[i] == "name/";
    require(is_entry || page.links[i] == expected.links[i]);
    if (!is_entry) continue;
    const FolderEntry& entry = folder.entries[row++];
    require(percent_decode(page.links[i]) == entry.name + (entry.is_folder ? "/" : ""));
    require(page.links[i].find(':') == std::string::npos && !page.links[i].starts_with('/'));
  }
  require(row == folder.entries.size());

  const nlohmann::json json = nlohmann::json::parse(listing_json(path_of(below), folder));
  require(json["entries"].size() == folder.entries.size());
  for (std::size_t i = 0; i < folder.entries.size(); ++i) {
    require(json["entries"][i]["name"] == valid_utf8(folder.entries[i].name));
    require((json["entries"][i]["type"] == "folder") == folder.entries[i].is_folder);
  }
  (void)prefers_json(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
