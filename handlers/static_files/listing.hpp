#pragma once

#include <string>
#include <string_view>

#include <ropeway/request.hpp>
#include <ropeway/response.hpp>

#include "handlers/static_files/folder.hpp"

namespace ropeway::handlers {

/// The page for a folder, HTML or, where the client would rather have it, JSON. As far up as the folder's path reaches, the page has links to
/// the folders above.
[[nodiscard]] Response listing_response(const Request& request, FolderListing folder);

/// The page itself. All its links are relative, so that it works behind a proxy too. `path` is the folder's whole path.
[[nodiscard]] std::string listing_html(std::string_view path, std::string_view below, const FolderListing& folder, SortOrder order);

/// {"path", "entries": [{"name", "type": "file" or "folder", "size" (null for a folder), "modified"}], "truncated"}; always valid UTF-8.
[[nodiscard]] std::string listing_json(std::string_view path, const FolderListing& folder);

/// Whether a client that sends this `Accept` prefers application/json to text/html (RFC 9110 §12.5.1).
[[nodiscard]] bool prefers_json(std::string_view accept) noexcept;

}  // namespace ropeway::handlers
