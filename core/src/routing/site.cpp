#include "core/src/routing/site.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <ropeway/http_error.hpp>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"
#include "core/src/routing/failure.hpp"
#include "core/src/routing/parameters.hpp"
#include "core/src/routing/pipeline.hpp"
#include "core/src/routing/try_endpoint.hpp"

namespace ropeway::routing {
namespace {

std::vector<PatternSource> patterns_of(const std::vector<RouteDefinition>& routes) {
  std::vector<PatternSource> sources;
  sources.reserve(routes.size());
  for (const RouteDefinition& route : routes) sources.push_back({route.match, route.pointer});
  return sources;
}

constexpr std::uint8_t most_generations = 10;

bool is_about_content(std::string_view field) {
  constexpr std::array names{"Content-Length",    "Content-Type", "Content-Encoding", "Content-Digest", "Repr-Digest",
                             "Transfer-Encoding", "Expect"};
  return std::ranges::any_of(names, [field](const char* name) { return same_field_name(field, name); });
}

}  // namespace

struct Site::Route {
  std::string match;
  std::string name;
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<Endpoint> preflight;  // the middlewares, and behind them the automatic OPTIONS; nullptr where there are none
};

namespace {

/// The automatic answer to OPTIONS (RFC 9110 §9.3.7), at the end of a route's middlewares.
class OptionsEndpoint final : public Endpoint {
 public:
  explicit OptionsEndpoint(const Router& router) : router_(router) {}
  Reply serve(Request& request) const override {
    const MethodSet allowed = router_.match(Method::options, to_string(Method::options), request.host(), request.path()).allowed;
    return Response(Status::no_content).header("Allow", router_.allow(allowed));
  }
  bool uses_body() const noexcept override { return false; }

 private:
  const Router& router_;
};

/// The method that a CORS preflight asks for (Fetch standard, "CORS-preflight request"); empty where it is none.
std::string_view preflight_method(const Request& request) noexcept {
  const bool is_one = request.method() == Method::options && !request.header("Origin").empty();
  return is_one ? request.header("Access-Control-Request-Method") : std::string_view();
}

}  // namespace

Site::Site(std::vector<RouteDefinition> routes, Services& services, std::vector<StreamDefinition> streams)
    : services_(services), router_(patterns_of(routes)) {
  routes_.reserve(routes.size());
  for (RouteDefinition& definition : routes) {
    const Pattern& pattern = router_.pattern(static_cast<std::uint32_t>(routes_.size()));
    if (!definition.label.empty() && !urls_.add(definition.label, pattern)) {
      throw ConfigError(definition.pointer, "another route has the name \"" + definition.label + "\", too");
    }
    auto route = std::make_unique<Route>();
    route->match = std::move(definition.match);
    route->name = std::move(definition.name);
    if (definition.tried.empty()) {
      route->endpoint = make_endpoint(std::move(definition.handler), services, Origin{route->match, route->name});
    } else {
      route->endpoint = std::make_unique<TryEndpoint>(std::move(definition.tried), services, route->match);
    }
    if (!definition.middlewares.empty()) {
      route->preflight = std::make_unique<Pipeline>(definition.middlewares, std::make_unique<OptionsEndpoint>(router_), services.logger(),
                                                    Origin{route->match, route->name});
      route->endpoint = std::make_unique<Pipeline>(std::move(definition.middlewares), std::move(route->endpoint), services.logger(),
                                                   Origin{route->match, route->name});
    }
    routes_.push_back(std::move(route));
  }
  streams_.reserve(streams.size());
  for (StreamDefinition& definition : streams) {
    const auto number = static_cast<std::uint32_t>(routes_.size() + streams_.size());
    streams_.push_back({std::move(definition), number});
  }
}

Site::~Site() = default;

Site::Match Site::find(Request& request) const {
  RequestAccess::clear_params(request);
  Match match;
  if (request.path() == "*") {  // RFC 9110 §9.3.7: about the server as a whole
    if (request.method() == Method::options) match.allowed = router_.methods();
    return match;
  }
  const Router::Found found = router_.match(request.method(), request.method_name(), request.host(), request.path());
  if (found.route == Router::no_route) {
    match.allowed = found.allowed;
    if (request.method() == Method::options && found.allowed != 0) find_preflight(request, match);
    return match;
  }
  if (found.parameter_count > 0) set_parameters(request, router_.pattern(found.route).parameters, found);
  const Route& route = *routes_[found.route];
  match.endpoint = route.endpoint.get();
  match.route = route.match;
  match.handler = route.name;
  match.number = found.route;
  return match;
}

// Pages ask with OPTIONS what they may do with another method: the middlewares of that method's route have something to say.
void Site::find_preflight(Request& request, Match& match) const {
  const std::string_view method = preflight_method(request);
  if (method.empty()) return;
  const Router::Found found = router_.match(method_from(method), method, request.host(), request.path());
  if (found.route == Router::no_route || routes_[found.route]->preflight == nullptr) return;
  if (found.parameter_count > 0) set_parameters(request, router_.pattern(found.route).parameters, found);
  const Route& route = *routes_[found.route];
  match = {route.preflight.get(), route.match, route.name, found.route, 0};
}

Reply Site::serve(Request& request, const Match& match) const noexcept {
  const Origin origin{match.route, match.handler, request.id()};
  try {
    if (match.endpoint == nullptr) return unmatched(request, match);
    Reply reply = match.endpoint->serve(request);
    if (auto* later = std::get_if<awaitable<Response>>(&reply)) return guarded(std::move(*later), services_.logger(), origin);
    return reply;
  } catch (...) { return failure_response(services_.logger(), origin); }
}

awaitable<Response> Site::get(Request& original, std::string target) const {
  if (RequestAccess::generation(original) >= most_generations) {
    throw HttpError(Status::internal_server_error, "a local redirect leads to another one, more than ten times: " + target);
  }
  http::RequestHead head;
  head.method = original.method() == Method::head ? Method::head : Method::get;
  head.method_name = to_string(head.method);
  head.version = original.version();
  head.host = original.host();
  head.target = std::string_view(target).substr(0, target.find('#'));
  const std::size_t question = std::min(head.target.find('?'), head.target.size());
  head.raw_path = head.target.substr(0, question);
  head.query = head.target.substr(std::min(question + 1, head.target.size()));
  for (const HeaderField& field : original.headers()) {
    if (!is_about_content(field.name)) head.fields.push_back(field);
  }
  Request request;
  if (!head.raw_path.starts_with('/') || !RequestAccess::assign(request, head)) {
    throw HttpError(Status::bad_gateway, "a local redirect leads to what is no path: " + target);
  }
  RequestAccess::follow(request, original);
  const Match match = find(request);
  Reply reply = serve(request, match);
  if (auto* ready = std::get_if<Response>(&reply)) co_return std::move(*ready);
  co_return co_await std::get<awaitable<Response>>(std::move(reply));
}

void Site::complete_allow(const Request& request, Response& response) const {
  const auto own = response.headers().find("Allow");
  if (!own) return;
  const MethodSet named = router_.named_methods(request.host(), request.path());
  if (named == 0) return;
  std::string all(*own);
  const std::string text = router_.allow(named);
  http::ListReader others(text);
  while (const auto method = others.next()) {
    bool is_there = false;
    http::ListReader names(all);
    while (const auto name = names.next()) is_there = is_there || *name == *method;
    if (!is_there) all.append(all.empty() ? "" : ", ").append(*method);
  }
  response.headers().set("Allow", all);
}

Response Site::unmatched(const Request& request, const Match& match) const {
  if (!router_.recognises(request.method(), request.method_name())) return Response::error(Status::not_implemented);
  const bool server_wide = request.path() == "*" && request.method() == Method::options;
  if (match.allowed == 0 && !server_wide) return Response::error(Status::not_found);
  // RFC 9110 §9.3.7 and §15.5.6
  Response response = request.method() == Method::options ? Response(Status::no_content) : Response::error(Status::method_not_allowed);
  return std::move(response).header("Allow", router_.allow(match.allowed));
}

}  // namespace ropeway::routing
