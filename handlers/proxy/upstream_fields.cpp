#include "handlers/proxy/upstream_fields.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "handlers/field_list.hpp"

namespace ropeway::handlers {
namespace {

constexpr std::string_view unix_peer = "unix";

template <std::size_t Size>
bool is_one_of(std::string_view name, const std::array<std::string_view, Size>& names) noexcept {
  return std::ranges::any_of(names, [name](std::string_view other) { return same_field_name(name, other); });
}

// What the connection and its framing need, and Host, which is decided on its own.
bool is_of_connection(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 13> names{"Connection",
                                                          "Keep-Alive",
                                                          "Proxy-Connection",
                                                          "TE",
                                                          "Trailer",
                                                          "Upgrade",
                                                          "Expect",
                                                          "Transfer-Encoding",
                                                          "Host",
                                                          "Content-Length",
                                                          "Proxy",
                                                          "Proxy-Authorization",
                                                          "HTTP2-Settings"};
  return is_one_of(name, names);
}

bool tells_of_client(std::string_view name) {
  static constexpr std::string_view prefix = "X-Forwarded-";
  if (name.size() < 9) return false;
  std::string hyphened;
  if (name.find('_') != std::string_view::npos) {
    hyphened = name;
    std::ranges::replace(hyphened, '_', '-');
    name = hyphened;
  }
  return same_field_name(name, "Forwarded") || same_field_name(name, "X-Real-IP") || same_field_name(name.substr(0, prefix.size()), prefix);
}

bool is_named(HeaderView fields, std::string_view name) noexcept {
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "Connection")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      if (same_field_name(take_element(list), name)) return true;
    }
  }
  return false;
}

// What `Host` is to say (RFC 9112 §3.2.2: where the target is a whole URL, that one's).
std::string_view host_of(const Request& request) noexcept {
  const std::string_view target = request.target();
  const std::size_t slashes = target.find("://");
  if (target.starts_with('/') || slashes == std::string_view::npos) return request.header("Host");
  const std::string_view rest = target.substr(slashes + 3);
  return rest.substr(0, std::min(rest.find_first_of("/?"), rest.size()));
}

// The client, and the proxies between it and this server, as far as they are known: "192.0.2.7, 10.0.0.1". What the client itself has written in
// front is not among them.
std::string chain_to(const Request& request) {
  const std::string_view client = request.client_address();
  const std::string_view peer = request.peer_address();
  if (client == peer) return client == unix_peer ? std::string() : std::string(client);
  std::string chain;
  for (const HeaderField& field : request.headers()) {
    if (!same_field_name(field.name, "X-Forwarded-For")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view element = take_element(list);
      if (element == client) chain.clear();
      if (!element.empty() && (element == client || !chain.empty())) chain.append(chain.empty() ? "" : ", ").append(element);
    }
  }
  if (chain.empty()) chain = client;
  if (peer != unix_peer) chain.append(", ").append(peer);
  return chain;
}

// RFC 7239 §6
std::string node(std::string_view address) {
  if (address == unix_peer) return "unknown";
  if (address.find(':') == std::string_view::npos) return std::string(address);
  return "\"[" + std::string(address) + "]\"";
}

// What an element of `Upgrade` is called, without its version.
std::string_view protocol_name(std::string_view protocol) noexcept { return protocol.substr(0, protocol.find('/')); }

bool is_protocol(std::string_view text) noexcept {
  const auto is_fit = [](char byte) {
    const char lower = static_cast<char>(byte | 0x20);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~/").find(byte) != std::string_view::npos;
  };
  return !protocol_name(text).empty() && std::ranges::all_of(text, is_fit);
}

std::vector<std::string> read_protocols(const ConfigNode& options) {
  std::vector<std::string> protocols = options.strings("upgrade");
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    const std::string place = options.pointer("upgrade") + "/" + std::to_string(i);
    if (!is_protocol(protocols[i])) {
      throw ConfigError(place, "\"" + protocols[i] +
                                   "\" is no name of a protocol: write what stands in the field `Upgrade`, as in \"websocket\" or \"tcp\"");
    }
    if (same_field_name(protocol_name(protocols[i]), "h2c") || same_field_name(protocol_name(protocols[i]), "HTTP")) {
      throw ConfigError(place,
                        "\"" + protocols[i] +
                            "\" is HTTP again: its requests would reach the servers behind without routes and middlewares; leave it out");
    }
  }
  return protocols;
}

std::string upstream_refusal(std::string_view name) {
  if (same_field_name(name, "Host")) return "the option `host` says what this field is";
  if (is_of_connection(name)) return "the server sets this field itself";
  return {};
}

}  // namespace

Settings UpstreamFields::settings() {
  return {
      Setting::string("host", "What `Host` says: what the client asked for, or what the server behind is called in `upstreams`.")
          .one_of({"client", "upstream"})
          .by_default("\"client\""),
      Setting::string("forwarded",
                      "How the server behind learns of the client: by `X-Forwarded-For`, `-Proto` and `-Host`, by `Forwarded` (RFC 7239), "
                      "by both, or not. "
                      "What a client writes there itself is removed; what `trusted_proxies` have told counts.")
          .one_of({"x_forwarded", "forwarded", "both", "none"})
          .by_default("\"x_forwarded\""),
      Setting::map("fields", "Fields of each request to the server behind, in the place of the client's; an empty value removes one.",
                   Setting::string("value", "The field's value."))
          .by_default("{}"),
      Setting::list(
          "upgrade",
          "Protocols that a connection may change to, as `Upgrade` names them, with or without a version. Its bytes are passed through "
          "in both directions then. None: `Upgrade` is removed.",
          Setting::string("protocol", "A protocol."))
          .at_most(100)
          .by_default(R"(["websocket"])"),
  };
}

UpstreamFields::UpstreamFields(const ConfigNode& options) : client_host_(options.string("host") == "client") {
  const std::string how = options.string("forwarded");
  x_forwarded_ = how == "x_forwarded" || how == "both";
  forwarded_ = how == "forwarded" || how == "both";
  own_ = read_fields(options, "fields", upstream_refusal);
  protocols_ = read_protocols(options);
}

void UpstreamFields::add_forwarded(const Request& request, Headers& headers) const {
  const std::string_view host = request.authority();
  if (x_forwarded_) {
    if (const std::string chain = chain_to(request); !chain.empty()) headers.add("X-Forwarded-For", chain);
    headers.add("X-Forwarded-Proto", request.scheme());
    if (!host.empty()) headers.add("X-Forwarded-Host", host);
  }
  if (!forwarded_) return;
  std::string value = "for=" + node(request.client_address());
  if (!host.empty() && host.find_first_of("\"\\") == std::string_view::npos) value.append(";host=\"").append(host).append("\"");
  value.append(";proto=").append(request.scheme());
  if (request.client_address() != request.peer_address()) value.append(", for=").append(node(request.peer_address()));
  headers.add("Forwarded", value);
}

std::string UpstreamFields::upgrade(const Request& request) const {
  std::string asked;
  const HeaderView fields = request.headers();
  if (protocols_.empty() || !fields.find("Upgrade") || !is_named(fields, "Upgrade")) return asked;
  for (const HeaderField& field : fields) {
    if (!same_field_name(field.name, "Upgrade")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view protocol = take_element(list);
      const bool is_allowed = is_protocol(protocol) && std::ranges::any_of(protocols_, [protocol](const std::string& allowed) {
                                return same_field_name(allowed, protocol) || same_field_name(allowed, protocol_name(protocol));
                              });
      if (is_allowed) asked.append(asked.empty() ? "" : ", ").append(protocol);
    }
  }
  return asked;
}

Headers UpstreamFields::of(const Request& request) const {
  Headers headers;
  if (const std::string_view host = host_of(request); client_host_ && !host.empty()) headers.add("Host", host);
  const HeaderView fields = request.headers();
  const bool has_connection = fields.find("Connection").has_value();
  for (const HeaderField& field : fields) {
    if (is_of_connection(field.name) || tells_of_client(field.name) || (has_connection && is_named(fields, field.name))) continue;
    headers.add(field.name, field.value);
  }
  add_forwarded(request, headers);
  headers.add("Via", request.version() == Version::http_1_1 ? "1.1 ropeway" : "1.0 ropeway");
  for (const auto& [name, value] : own_) value.empty() ? static_cast<void>(headers.remove(name)) : headers.set(name, value);
  return headers;
}

}  // namespace ropeway::handlers
