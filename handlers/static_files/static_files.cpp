#include <ropeway/static_files.hpp>

#include "handlers/static_files/file_server.hpp"
#include "handlers/static_files/listing.hpp"

namespace ropeway {

Settings StaticFiles::settings() { return handlers::FileOptions::declared(); }

StaticFiles::StaticFiles(const ConfigNode& options, Services& services)
    : server_(std::make_unique<const handlers::FileServer>(options, services.clock())) {}

StaticFiles::~StaticFiles() = default;

Response StaticFiles::handle(const Request& request) const { return server_->respond(request, *this); }

bool StaticFiles::blocks(const Request& request) const { return server_->may_list(request, *this); }

std::optional<Response> StaticFiles::authorize(const Request&) const { return std::nullopt; }

std::optional<std::string_view> StaticFiles::map_path(const Request& request, std::string&) const { return server_->local_path(request); }

Response StaticFiles::listing(const Request& request, FolderListing folder) const {
  return handlers::listing_response(request, std::move(folder));
}

void StaticFiles::headers(const Request&, std::string_view, Response&) const {}

}  // namespace ropeway
