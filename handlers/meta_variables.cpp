#include "handlers/meta_variables.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

namespace ropeway::handlers {
namespace {

constexpr std::string_view http_prefix = "HTTP_";

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, fits);
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// "Accept-Language": "HTTP_ACCEPT_LANGUAGE"; nothing where another name would give the same.
std::string variable_name(std::string_view field) {
  std::string name(http_prefix);
  for (const char c : field) {
    if (!is_alphanumeric(c) && c != '-') return {};
    if (c == '-') {
      name += '_';
    } else {
      name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
  }
  return name;
}

bool is_left_out(std::string_view field) {
  // Content-Type and Content-Length have variables of their own.
  constexpr std::array names{"Proxy", "Content-Type", "Content-Length",    "Connection", "Keep-Alive", "Proxy-Connection",
                             "TE",    "Trailer",      "Transfer-Encoding", "Upgrade",    "Expect",     "Proxy-Authorization"};
  return std::ranges::any_of(names, [field](const char* name) { return same_field_name(field, name); });
}

void add_fields(MetaVariables& variables, const Request& request, bool authorization) {
  for (const HeaderField& field : request.headers()) {
    if (is_left_out(field.name) || (!authorization && same_field_name(field.name, "Authorization"))) continue;
    const std::string name = variable_name(field.name);
    if (name.empty()) continue;
    const auto [variable, is_first] = variables.try_emplace(name, field.value);
    if (!is_first) variable->second.append(name == "HTTP_COOKIE" ? "; " : ", ").append(field.value);  // RFC 6265 §5.4
  }
}

// The port of `Host`, for a request that came over a unix socket.
std::string port_of_host(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : host.substr(colon + 1);
  const bool is_number = !port.empty() && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::string(port) : "80";
}

}  // namespace

MetaVariables meta_variables(const Request& request, const Script& script, const CommonVariables& common,
                             std::optional<std::uint64_t> content_length) {
  MetaVariables variables;
  add_fields(variables, request, common.authorization);
  const std::string client = request.client_address() != "unix" ? std::string(request.client_address()) : "unix:";
  variables["GATEWAY_INTERFACE"] = "CGI/1.1";
  variables["SERVER_SOFTWARE"] = "ropeway";
  variables["SERVER_PROTOCOL"] = request.version() == Version::http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
  variables["SERVER_NAME"] = request.host().empty() ? common.server_name : std::string(request.host());
  variables["SERVER_PORT"] = request.local_port() != 0 ? std::to_string(request.local_port()) : port_of_host(request.header("Host"));
  variables["REQUEST_METHOD"] = request.method_name();
  variables["REQUEST_SCHEME"] = request.scheme();
  if (request.scheme() == "https") variables["HTTPS"] = "on";
  variables["REQUEST_URI"] = request.target();
  variables["QUERY_STRING"] = request.query();  // also where there is none (§4.1.7)
  variables["SCRIPT_NAME"] = script.script_name;
  variables["SCRIPT_FILENAME"] = script.file;
  variables["DOCUMENT_ROOT"] = common.root;
  variables["REMOTE_ADDR"] = client;
  variables["REMOTE_HOST"] = client;                                        // names are not looked up (§4.1.9)
  const bool is_peer = request.client_address() == request.peer_address();  // proxies tell no port
  if (is_peer && request.peer_port() != 0) variables["REMOTE_PORT"] = std::to_string(request.peer_port());
  variables["REDIRECT_STATUS"] = "200";  // php-cgi answers nothing without
  if (!common.path.empty()) variables["PATH"] = common.path;
  if (!script.path_info.empty()) {
    variables["PATH_INFO"] = script.path_info;
    variables["PATH_TRANSLATED"] = common.root + script.path_info;
  }
  if (content_length) variables["CONTENT_LENGTH"] = std::to_string(*content_length);
  if (const std::string_view type = request.header("Content-Type"); !type.empty()) variables["CONTENT_TYPE"] = type;
  for (const auto& [name, value] : common.environment) variables[name] = value;
  return variables;
}

std::optional<std::uint64_t> length_of_read_content(const Request& request) noexcept {
  const bool has_content = request.headers().find("Content-Length").has_value() || !request.body().empty();
  return has_content ? std::optional<std::uint64_t>(request.body().size()) : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> variables_from(const ConfigNode& map) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string& name : map.keys()) {
    const std::string value = map.string(name);
    if (!is_variable_name(name)) throw map.error(name, "a variable's name has letters, digits and \"_\", and begins with no digit");
    if (value.find('\0') != std::string::npos) throw map.error(name, "a variable's value cannot hold NUL");
    variables.emplace_back(name, value);
  }
  return variables;
}

std::string name_of_this_host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? std::string(name.data()) : "localhost";
}

}  // namespace ropeway::handlers
