#include "handlers/fastcgi/fastcgi.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include <ropeway/json_document.hpp>

#include <ropeway/http_error.hpp>

#include "handlers/fastcgi/record_writer.hpp"
#include "handlers/fastcgi/responder_exchange.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::uint64_t most_content_read_ahead = 16 * 1024;

UpstreamAddress responder_address(const ConfigNode& options, const std::string& text) {
  const bool is_unix = text.starts_with("unix:");
  const bool has_port = !text.ends_with(']') && text.find(':') != std::string::npos;
  if (text.find("//") == std::string::npos && (is_unix || has_port)) {
    try {
      UpstreamAddress address = UpstreamAddress::from(is_unix ? text : "http://" + text);
      if (address.base.empty() && !text.ends_with('/')) {
        address.url = text;
        return address;
      }
    } catch (const std::invalid_argument&) {}  // NOLINT(bugprone-empty-catch): told below
  }
  throw options.error("server", "\"" + text + "\" is no address of a responder: write \"unix:/path/of/socket\" or \"host:port\"");
}

std::shared_ptr<Upstream> responders_from(const ConfigNode& options, Services& services) {
  std::vector<UpstreamAddress> addresses;
  const bool is_list = options.json("server").is_array();
  for (const std::string& text : is_list ? options.strings("server") : std::vector{options.string("server")}) {
    addresses.push_back(responder_address(options, text));
  }
  try {
    return services.upstreams().group(std::move(addresses), UpstreamOptions::from(options));
  } catch (const std::invalid_argument& mistake) { throw options.error("server", mistake.what()); }
}

CommonVariables told_to_all(const ConfigNode& options, const std::string& folder) {
  CommonVariables common;
  common.root = folder;
  common.server_name = name_of_this_host();
  common.authorization = options.boolean("authorization");
  common.environment = variables_from(options.object("params"));
  return common;
}

// "/routes/0", or "/routes/0/try/1"
std::string route_of(const ConfigNode& options) {
  constexpr std::string_view end = "/options";
  std::string place = options.pointer();
  if (place.ends_with(end)) place.resize(place.size() - end.size());
  return place;
}

// Whether it may be executed twice (RFC 9110 §9.2.2), and can be.
bool may_be_repeated(Request& request) noexcept {
  switch (request.method()) {
    case Method::get:
    case Method::head:
    case Method::options:
    case Method::put:
    case Method::delete_: return request.body_reader() == nullptr && request.body().empty();
    default: return false;
  }
}

// What concerns responders otherwise than servers of HTTP.
Settings responder_options() {
  Settings settings = UpstreamOptions::settings();
  for (Setting& setting : settings) {
    if (setting.name() == "keep") {
      setting = Setting::duration("keep",
                                  "How long a connection stays open between two requests. 0: a connection for each request. PHP-FPM has a "
                                  "process for each open connection, also while nothing is asked on it: keep none, unless `connections` of "
                                  "all workers together are fewer than its `pm.max_children`.")
                    .at_least(0)
                    .at_most(86'400'000)
                    .by_default("\"0s\"");
    } else if (setting.name() == "head_bytes") {
      setting = Setting::size("head_bytes", "The fields of an answer together; past it, status 502.")
                    .at_least(1024)
                    .at_most(1024LL * 1024)
                    .by_default("\"32k\"");
    }
  }
  return settings;
}

}  // namespace

Settings FastCgi::settings() {
  Settings settings{
      Setting::string("server", "The responder: `unix:/run/php/php-fpm.sock` or `127.0.0.1:9000`; or a list of several that do the same.")
          .at_least(1)
          .or_as(Setting::list("server", "Responders.", Setting::string("server", "A responder.").at_least(1)).at_least(1).at_most(1024))
          .required(),
      Setting::map("params", "Variables that scripts get besides those of the standard; they have the last word.",
                   Setting::string("", "The value."))
          .by_default("{}"),
      Setting::boolean("authorization", "Let scripts see the client's credentials (`HTTP_AUTHORIZATION`).").by_default("true"),
  };
  for (Settings more : {ScriptFinder::settings(), responder_options()}) {
    settings.insert(settings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return settings;
}

FastCgi::FastCgi(const ConfigNode& options, Services& services)
    : services_(services),
      route_(route_of(options)),
      scripts_(options),
      common_(told_to_all(options, scripts_.folder())),
      options_(UpstreamOptions::from(options)),
      upstream_(responders_from(options, services)) {}

std::string FastCgi::head_for(const Request& request, const Script& script, std::optional<std::uint64_t> content_length) const {
  MetaVariables variables = meta_variables(request, script, common_, content_length);
  variables.try_emplace("DOCUMENT_URI", script.script_name + script.path_info);
  std::string head;
  RecordWriter::begin(head, options_.keep.count() > 0);
  RecordWriter::params(head, variables);
  return head;
}

awaitable<Response> FastCgi::handle(Request& request) const {
  if (request.method() == Method::connect || request.method() == Method::trace) throw HttpError(Status::not_implemented);
  const ScriptFinder::Found found = scripts_.find(request);
  if (!found.redirect.empty()) {
    const bool is_get = request.method() == Method::get || request.method() == Method::head;
    co_return Response::redirect(found.redirect, is_get ? Status::moved_permanently : Status::permanent_redirect);
  }
  // Small content is read before a connection is taken, so that a slow client takes none from others.
  const std::optional<std::uint64_t> announced = request.content_length();
  if (request.body_reader() != nullptr && announced.value_or(0) <= most_content_read_ahead) (void)co_await request.read_body();
  const auto length = request.body_reader() == nullptr ? length_of_read_content(request) : announced;
  const std::string head = head_for(request, found.script, length);
  const ResponderExchange::Settings settings{options_, services_.clock(), services_.logger(), route_};
  for (bool fresh = false;; fresh = true) {
    std::unique_ptr<UpstreamStream> stream = co_await upstream_->connect(request, fresh);
    if (stream == nullptr) co_return Upstream::busy();
    const bool may_repeat = stream->was_kept() && may_be_repeated(request);
    const auto exchange =
        std::make_shared<ResponderExchange>(settings, std::move(stream), found.script.script_name, to_string(request.id()));
    const bool answered = co_await exchange->run(request, head);
    if (!answered) {
      if (!may_repeat) exchange->fail_lost();
      continue;
    }
    if (exchange->local().empty()) co_return co_await exchange->answer(request);
    const std::string local = exchange->local();
    co_await exchange->drop_rest();
    co_return co_await services_.get(request, local);
  }
}

}  // namespace ropeway::handlers
