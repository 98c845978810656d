#include "core/src/protocol/websocket/handshake.hpp"

#include <algorithm>
#include <vector>

#include "core/src/http/field_value.hpp"
#include "core/src/protocol/websocket/accept_key.hpp"

namespace ropeway::protocol::websocket {
namespace {

constexpr std::string_view supported_version = "13";

// Whether the list that the fields of that name make together has `element`, in lower case.
bool list_has(const Request& request, std::string_view name, std::string_view element) noexcept {
  for (const HeaderField& field : request.headers()) {
    if (!same_field_name(field.name, name)) continue;
    http::ListReader list(field.value);
    while (const auto found = list.next()) {
      if (http::equals_ignoring_case(*found, element)) return true;
    }
  }
  return false;
}

Response upgrade_required(std::string_view explanation) {
  return Response::error(Status::upgrade_required, explanation).header("Upgrade", "websocket");
}

Response bad_request(std::string_view explanation) { return Response::error(Status::bad_request, explanation); }

// What keeps the request from being an opening handshake at all, or nothing.
std::optional<Response> find_fault(const Request& request) {
  if (request.method() != Method::get) {
    return Response::error(Status::method_not_allowed, "A WebSocket is opened with GET.").header("Allow", "GET");
  }
  // Of HTTP/1.0, `Upgrade` means nothing (RFC 9110 §7.8).
  const bool asks = list_has(request, "Upgrade", "websocket") && list_has(request, "Connection", "upgrade");
  if (request.version() == Version::http_1_0 || !asks) return upgrade_required("Here is a WebSocket: ask for an upgrade to it.");
  const std::size_t versions = request.headers().count("Sec-WebSocket-Version");
  const std::string_view version = request.header("Sec-WebSocket-Version");
  const bool is_number = !version.empty() && version.size() <= 3 && version.find_first_not_of("0123456789") == std::string_view::npos;
  if (versions != 1 || !is_number) {
    return bad_request("Sec-WebSocket-Version is missing or malformed.").header("Sec-WebSocket-Version", supported_version);
  }
  if (version != supported_version) {  // RFC 6455 §4.4
    return upgrade_required("This version of the WebSocket protocol is not supported.").header("Sec-WebSocket-Version", supported_version);
  }
  if (request.headers().count("Sec-WebSocket-Key") != 1 || !is_handshake_key(request.header("Sec-WebSocket-Key"))) {
    return bad_request("Sec-WebSocket-Key is missing or malformed.");
  }
  return std::nullopt;
}

// The client's first choice that we have, too (RFC 6455 §4.2.2); nothing where the list is malformed: a name that is no token, or is there twice.
std::optional<std::string> choose_protocol(const Request& request, std::span<const std::string> ours) {
  std::vector<std::string_view> offered;
  for (const HeaderField& field : request.headers()) {
    if (!same_field_name(field.name, "Sec-WebSocket-Protocol")) continue;
    http::ListReader list(field.value);
    while (const auto name = list.next()) {
      if (!http::is_token(*name) || std::ranges::find(offered, *name) != offered.end()) return std::nullopt;
      offered.push_back(*name);
    }
  }
  for (const std::string_view name : offered) {
    if (std::ranges::find(ours, name) != ours.end()) return std::string(name);
  }
  return std::string();
}

// The host and port of an origin, "" where it has none ("null"); a port that its scheme has anyway is left out.
std::string_view authority_of(std::string_view origin) noexcept {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view authority = origin.substr(scheme + 3);
  const std::string_view usual_port = http::equals_ignoring_case(origin.substr(0, scheme), "https") ? ":443" : ":80";
  if (authority.ends_with(usual_port)) authority.remove_suffix(usual_port.size());
  return authority;
}

std::string_view without_usual_port(std::string_view host, std::string_view origin) noexcept {
  const std::string_view usual_port = origin.size() > 5 && http::equals_ignoring_case(origin.substr(0, 6), "https:") ? ":443" : ":80";
  if (host.ends_with(usual_port)) host.remove_suffix(usual_port.size());
  return host;
}

}  // namespace

bool is_welcome_origin(std::string_view origin, std::string_view host, std::span<const std::string> origins) noexcept {
  if (!origins.empty()) {
    return std::ranges::any_of(origins, [origin](const std::string& one) { return one == "*" || same_field_name(one, origin); });
  }
  const std::string_view authority = authority_of(origin);
  return !authority.empty() && same_field_name(authority, without_usual_port(host, origin));
}

Response answer_handshake(const Request& request, const HandshakePolicy& policy, Agreement& agreement) {
  if (auto fault = find_fault(request)) return std::move(*fault);
  // Only browsers say where a page comes from, and only their users can be led into a connection that they do not mean (RFC 6455 §10.2).
  const auto origin = request.headers().find("Origin");
  if (origin && !is_welcome_origin(*origin, request.header("Host"), policy.origins)) {
    return Response::error(Status::forbidden, "Pages of this origin may not connect here (websocket.origins).");
  }
  auto protocol = choose_protocol(request, policy.protocols);
  if (!protocol) return bad_request("Sec-WebSocket-Protocol is malformed.");
  Agreement agreed{std::move(*protocol), std::nullopt};
  bool malformed = false;
  for (const HeaderField& field : request.headers()) {
    if (!same_field_name(field.name, "Sec-WebSocket-Extensions")) continue;
    const auto deflate = agree_on_deflate(field.value, malformed);
    if (policy.compression && !agreed.deflate) agreed.deflate = deflate;
  }
  if (malformed) return bad_request("Sec-WebSocket-Extensions is malformed.");
  Response response(Status::switching_protocols);
  response.headers().add("Upgrade", "websocket");
  response.headers().add("Sec-WebSocket-Accept", accept_key(request.header("Sec-WebSocket-Key")));
  if (!agreed.protocol.empty()) response.headers().add("Sec-WebSocket-Protocol", agreed.protocol);
  if (agreed.deflate) response.headers().add("Sec-WebSocket-Extensions", extension_answer(*agreed.deflate));
  agreement = std::move(agreed);
  return response;
}

}  // namespace ropeway::protocol::websocket
