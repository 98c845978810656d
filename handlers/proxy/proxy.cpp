#include "handlers/proxy/proxy.hpp"

#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ropeway/json_document.hpp>

#include <ropeway/http_error.hpp>

#include "handlers/proxy/upstream_target.hpp"
#include "handlers/root_option.hpp"

namespace ropeway::handlers {
namespace {

void append(Settings& settings, Settings more) {
  settings.insert(settings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<UpstreamAddress> read_addresses(const ConfigNode& options) {
  std::vector<UpstreamAddress> addresses;
  const bool is_list = options.json("upstreams").is_array();
  const std::vector<std::string> texts = is_list ? options.strings("upstreams") : std::vector{options.string("upstreams")};
  for (const std::string& text : texts) {
    try {
      addresses.push_back(UpstreamAddress::from(text));
    } catch (const std::invalid_argument& mistake) { throw options.error("upstreams", "\"" + text + "\": " + mistake.what()); }
  }
  return addresses;
}

std::shared_ptr<Upstream> make_group(const ConfigNode& options, Services& services) {
  std::vector<UpstreamAddress> addresses = read_addresses(options);
  UpstreamOptions how = UpstreamOptions::from(options);
  how.health = UpstreamHealth::from(options.object("health"));
  try {
    return services.upstreams().group(std::move(addresses), how);
  } catch (const std::invalid_argument& mistake) { throw options.error("upstreams", mistake.what()); }
}

}  // namespace

Settings Proxy::settings() {
  Settings settings{
      Setting::string("upstreams",
                      "The server behind, or a list of servers that do the same: `http://10.0.0.7:9000`, `http://[::1]:9001/base`, "
                      "`unix:/run/app.sock`, "
                      "`unix:/run/app.sock:/base`. Names of hosts are looked up at the start and at each reload.")
          .at_least(1)
          .or_as(Setting::list("upstreams", "Servers.", Setting::string("upstreams", "A server.").at_least(1)).at_least(1).at_most(1024))
          .required(),
      Setting::string("prefix", "What to remove from the front of the path, in a route without `{path...}`.").by_default("\"\""),
  };
  append(settings, UpstreamFields::settings());
  append(settings, UpstreamOptions::settings());
  settings.push_back(UpstreamHealth::setting());
  return settings;
}

Proxy::Proxy(const ConfigNode& options, Services& services)
    : prefix_(prefix_from(options)), fields_(options), upstream_(make_group(options, services)) {}

// A tunnel is nothing that a gateway has, and TRACE would show the client what is between it and the server behind (RFC 9110 §9.3.6, §9.3.8).
awaitable<Response> Proxy::handle(Request& request) const {
  if (request.method() == Method::connect || request.method() == Method::trace) throw HttpError(Status::not_implemented);
  UpstreamRequest outgoing{request.method_name(), upstream_target(request, prefix_), fields_.of(request), fields_.upgrade(request)};
  co_return co_await upstream_->forward(request, std::move(outgoing));
}

}  // namespace ropeway::handlers
