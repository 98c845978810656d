#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ropeway/config_node.hpp>
#include <ropeway/request.hpp>

namespace ropeway::handlers {

/// Which script a request is for, and how its path tells so.
struct Script {
  std::string file;         // an absolute path
  std::string script_name;  // the part of the request's path that names it
  std::string path_info;    // the part behind that; empty, or begins with "/"
  std::string interpreter;  // the program that reads it; empty: it is executed itself
};

/// What all scripts of a route are told alike.
struct CommonVariables {
  std::string root;                                              // the folder that PATH_INFO is applied to
  std::string path;                                              // PATH; empty: there is none
  std::string server_name;                                       // where the request names no host
  bool authorization = false;                                    // whether they get the client's credentials
  std::vector<std::pair<std::string, std::string>> environment;  // further ones; they win
};

using MetaVariables = std::map<std::string, std::string, std::less<>>;

/// All that a script is told of a request (RFC 3875 §4.1), whose content has that length, where it has one. Besides the standard's variables there are
/// those that scripts have come to expect: DOCUMENT_ROOT, SCRIPT_FILENAME, REQUEST_URI, REQUEST_SCHEME, REMOTE_PORT, REDIRECT_STATUS and, of a request
/// that the client sent over TLS, HTTPS.
///
/// A field of the request becomes HTTP_NAME, and fields of one name one list. Left out are `Proxy` (HTTP_PROXY means something else to
/// many programs), credentials unless asked for, what concerns the connection, and names that could be mistaken for others (an
/// underscore where another field has a hyphen).
[[nodiscard]] MetaVariables meta_variables(const Request& request, const Script& script, const CommonVariables& common,
                                           std::optional<std::uint64_t> content_length);

/// The length of content that has been read: nothing where the request announces none and has none.
[[nodiscard]] std::optional<std::uint64_t> length_of_read_content(const Request& request) noexcept;

/// What an option that is a map of variables says. Throws `ConfigError` for a name or value that no environment could hold.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> variables_from(const ConfigNode& map);

/// What this host is called; "localhost" where it has no name.
[[nodiscard]] std::string name_of_this_host();

}  // namespace ropeway::handlers
