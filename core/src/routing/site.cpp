#include "core/src/routing/site.hpp"

#include <utility>

#include "core/src/http/field_value.hpp"
#include "core/src/http/request_access.hpp"
#include "core/src/routing/failure.hpp"
#include "core/src/routing/parameters.hpp"
#include "core/src/routing/pipeline.hpp"

namespace ropeway::routing {
namespace {

std::vector<PatternSource> patterns_of(const std::vector<RouteDefinition>& routes) {
  std::vector<PatternSource> sources;
  sources.reserve(routes.size());
  for (const RouteDefinition& route : routes) sources.push_back({route.match, route.pointer});
  return sources;
}

}  // namespace

struct Site::Route {
  std::string match;
  std::string name;
  std::unique_ptr<Endpoint> endpoint;
};

Site::Site(std::vector<RouteDefinition> routes, Services& services) : services_(services), router_(patterns_of(routes)) {
  routes_.reserve(routes.size());
  for (RouteDefinition& definition : routes) {
    auto route = std::make_unique<Route>();
    route->match = std::move(definition.match);
    route->name = std::move(definition.name);
    route->endpoint = make_endpoint(std::move(definition.handler), services);
    if (!definition.middlewares.empty()) {
      route->endpoint = std::make_unique<Pipeline>(std::move(definition.middlewares), std::move(route->endpoint), services.logger(),
                                                   Origin{route->match, route->name});
    }
    routes_.push_back(std::move(route));
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

Reply Site::serve(Request& request, const Match& match) const noexcept {
  const Origin origin{match.route, match.handler};
  try {
    if (match.endpoint == nullptr) return unmatched(request, match);
    Reply reply = match.endpoint->serve(request);
    if (auto* later = std::get_if<awaitable<Response>>(&reply)) return guarded(std::move(*later), services_.logger(), origin);
    return reply;
  } catch (...) { return failure_response(services_.logger(), origin); }
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
