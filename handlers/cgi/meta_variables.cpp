#include "handlers/cgi/meta_variables.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace ropeway::handlers {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view http_prefix = "HTTP_";

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

void add_fields(Variables& variables, const Request& request, bool authorization) {
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

std::vector<std::string> meta_variables(const Request& request, const Script& script, const CommonVariables& common) {
  Variables variables;
  add_fields(variables, request, common.authorization);
  const bool has_peer = request.peer_address() != "unix";
  const std::string peer = has_peer ? std::string(request.peer_address()) : "unix:";
  variables["GATEWAY_INTERFACE"] = "CGI/1.1";
  variables["SERVER_SOFTWARE"] = "ropeway";
  variables["SERVER_PROTOCOL"] = request.version() == Version::http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
  variables["SERVER_NAME"] = request.host().empty() ? common.server_name : std::string(request.host());
  variables["SERVER_PORT"] = request.local_port() != 0 ? std::to_string(request.local_port()) : port_of_host(request.header("Host"));
  variables["REQUEST_METHOD"] = request.method_name();
  variables["REQUEST_SCHEME"] = "http";
  variables["REQUEST_URI"] = request.target();
  variables["QUERY_STRING"] = request.query();  // also where there is none (§4.1.7)
  variables["SCRIPT_NAME"] = script.script_name;
  variables["SCRIPT_FILENAME"] = script.file;
  variables["DOCUMENT_ROOT"] = common.root;
  variables["REMOTE_ADDR"] = peer;
  variables["REMOTE_HOST"] = peer;  // names are not looked up (§4.1.9)
  if (has_peer) variables["REMOTE_PORT"] = std::to_string(request.peer_port());
  variables["REDIRECT_STATUS"] = "200";  // php-cgi answers nothing without
  variables["PATH"] = common.path;
  if (!script.path_info.empty()) {
    variables["PATH_INFO"] = script.path_info;
    variables["PATH_TRANSLATED"] = common.root + script.path_info;
  }
  const bool announces_content = request.headers().find("Content-Length").has_value() || !request.body().empty();
  if (announces_content) variables["CONTENT_LENGTH"] = std::to_string(request.body().size());
  if (const std::string_view type = request.header("Content-Type"); !type.empty()) variables["CONTENT_TYPE"] = type;
  for (const auto& [name, value] : common.environment) variables[name] = value;

  std::vector<std::string> result;
  result.reserve(variables.size());
  for (const auto& [name, value] : variables) result.emplace_back(name).append("=").append(value);
  return result;
}

}  // namespace ropeway::handlers
