#include <algorithm>
#include <string>

#include <ropeway/url.hpp>

#include "handlers/static_files/listing.hpp"
#include "handlers/static_files/listing_style.hpp"
#include "handlers/static_files/shown_text.hpp"

namespace ropeway::handlers {
namespace {

// Drawn once; each row refers to them, and they take the colour of the text around.
constexpr std::string_view icons = R"(<svg hidden><defs>
<symbol id="folder" viewBox="0 0 20 20"><path fill="currentColor"
 d="M2 5.5A1.5 1.5 0 0 1 3.5 4h3.6c.4 0 .8.2 1.1.4L9.7 6h6.8A1.5 1.5 0 0 1 18 7.5v7
 a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 2 14.5z"/></symbol>
<symbol id="file" viewBox="0 0 20 20"><path fill="none"
 stroke="currentColor" stroke-width="1.3" stroke-linejoin="round"
 d="M5.5 2.5h5.8l3.7 3.7v10.3a1 1 0 0 1-1 1h-8.5a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1zM11 2.7v3.8h3.8"/></symbol>
<symbol id="up" viewBox="0 0 20 20"><path fill="none"
 stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"
 d="M7.5 5 4 8.5 7.5 12M4.3 8.5H12a4 4 0 0 1 4 4V15"/></symbol>
</defs></svg>
)";

[[nodiscard]] std::string shown(std::string_view name) { return escape_html(shown_name(name)); }

void append_icon(std::string& html, std::string_view icon) {
  html.append("<svg class=\"").append(icon).append("\" aria-hidden=\"true\"><use href=\"#").append(icon).append("\"/></svg>");
}

/// The path as links: the root that is served, and each folder below it down to this one, which is no link.
void append_breadcrumbs(std::string& html, std::string_view path, std::string_view below) {
  std::size_t depth = below.empty() ? 0 : 1;
  for (const char byte : below) depth += byte == '/' ? 1 : 0;
  std::string_view base = path;
  for (std::size_t i = 0; i < depth; ++i) base = base.substr(0, base.find_last_of('/', base.size() - 2) + 1);
  html.append("<nav aria-label=\"Folders\"><ol>");
  const auto append = [&](std::string_view name) {
    if (depth == 0) {
      html.append("<li><h1><bdi>").append(shown(name)).append("</bdi></h1></li>");
      return;
    }
    html.append("<li><a href=\"");
    for (std::size_t i = 0; i < depth; ++i) html.append("../");
    html.append("\"><bdi>").append(shown(name)).append("</bdi></a></li>");
    --depth;
  };
  append(base == "/" ? std::string_view("Home") : base);
  while (!below.empty()) {
    const std::size_t end = std::min(below.find('/'), below.size());
    append(below.substr(0, end));
    below.remove_prefix(std::min(end + 1, below.size()));
  }
  html.append("</ol></nav>\n");
}

/// A column's heading: a link that sorts by it, or turns the order round where the page is sorted by it.
void append_heading(std::string& html, std::string_view name, std::string_view title, SortOrder::By by, SortOrder order) {
  const bool is_current = by == order.by;
  const bool next_descends = is_current && !order.descending;
  html.append("<th scope=\"col\" class=\"").append(name).append("\"");
  if (is_current) html.append(order.descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"");
  html.append("><a rel=\"nofollow\" href=\"?sort=").append(name).append(next_descends ? "&amp;order=desc\">" : "&amp;order=asc\">");
  html.append(title).append("</a></th>");
}

void append_row(std::string& html, const FolderEntry& entry) {
  html.append("<tr><td class=\"name\"><a href=\"").append(percent_encode(entry.name)).append(entry.is_folder ? "/\">" : "\">");
  append_icon(html, entry.is_folder ? "folder" : "file");
  html.append("<bdi>").append(shown(entry.name)).append("</bdi></a></td><td class=\"size\">");
  if (!entry.is_folder) {
    html.append("<span title=\"").append(std::to_string(entry.size)).append(" bytes\">").append(shown_size(entry.size)).append("</span>");
  }
  html.append("</td><td class=\"modified\"><time datetime=\"").append(iso_time(entry.modified)).append("\">");
  html.append(shown_time(entry.modified)).append("</time></td></tr>\n");
}

[[nodiscard]] std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

void append_summary(std::string& html, const FolderListing& folder) {
  std::size_t folders = 0;
  std::uint64_t bytes = 0;
  for (const FolderEntry& entry : folder.entries) {
    folders += entry.is_folder ? 1 : 0;
    bytes += entry.size;
  }
  html.append("<footer>");
  if (folder.is_cut) {
    html.append("<p class=\"cut\">This folder holds more: ").append(std::to_string(FolderListing::most_entries));
    html.append(" of its entries are listed.</p>");
  }
  html.append("<p>").append(counted(folders, "folder")).append(", ").append(counted(folder.entries.size() - folders, "file"));
  html.append(", ").append(shown_size(bytes)).append(". Times are in UTC.</p></footer>\n");
}

}  // namespace

std::string listing_html(std::string_view path, std::string_view below, const FolderListing& folder, SortOrder order) {
  std::string html;
  html.reserve(8192 + folder.entries.size() * 384);
  html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>").append(shown(path)).append("</title>\n");
  html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  html.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
  html.append("<link rel=\"icon\" href=\"data:,\">\n<style>").append(listing_style).append("</style>\n</head>\n<body>\n").append(icons);
  html.append("<main>\n");
  append_breadcrumbs(html, path, below);
  html.append("<table>\n<thead><tr>");
  append_heading(html, "name", "Name", SortOrder::By::name, order);
  append_heading(html, "size", "Size", SortOrder::By::size, order);
  append_heading(html, "modified", "Modified", SortOrder::By::modified, order);
  html.append("</tr></thead>\n<tbody>\n");
  if (!below.empty()) {
    html.append("<tr class=\"parent\"><td class=\"name\" colspan=\"3\"><a href=\"../\">");
    append_icon(html, "up");
    html.append("Parent folder</a></td></tr>\n");
  }
  for (const FolderEntry& entry : folder.entries) append_row(html, entry);
  if (folder.entries.empty()) html.append("<tr class=\"empty\"><td colspan=\"3\">This folder is empty.</td></tr>\n");
  html.append("</tbody>\n</table>\n");
  append_summary(html, folder);
  return html.append("</main>\n</body>\n</html>\n");
}

}  // namespace ropeway::handlers
